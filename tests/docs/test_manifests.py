"""The committed manifests of the connectors say what their code says."""


def test_no_manifest_is_stale(linter):
    written = list(linter("build_manifests").manifests())

    assert [file.name for file, _ in written] == ["automata.json"] * 2
    for file, text in written:
        assert file.read_text(encoding="utf-8") == text, "stale; run python tools/build_manifests.py"
