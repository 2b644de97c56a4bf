"""What a shell offers while a command is typed."""

import threading

import pytest

from automata.cli.complete import capped


def offered(automata, monkeypatch, capsys, words):
    monkeypatch.setenv("_AUTOMATA_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(words.count(" ")))
    capsys.readouterr()
    with pytest.raises(SystemExit):
        automata()
    return {line.partition(",")[2] for line in capsys.readouterr().out.splitlines()}


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("automata val", "validate"),
        ("automata run ", "first.yaml"),
        ("automata run sub", "sub/"),
        ("automata run sub/", "sub/inner.yaml"),
        ("automata test --case gives", "gives one"),
        ("automata plugins info automata", "automata-kernel"),
        ("automata schema nodetype sw", "switch"),
        ("automata docs SND", "SND-001"),
    ],
)
def test_names_that_exist_are_offered(automata, folder, monkeypatch, capsys, words, name):
    monkeypatch.setattr("automata.cli.complete.LIMIT_S", 30)
    monkeypatch.setattr(capped, "__defaults__", (30,))
    (folder / "sub").mkdir()
    (folder / "sub" / "inner.yaml").write_text("automata: 1\nname: I\nnodes: {}\n")
    (folder / "other.yaml").write_text("key: 1\n")

    names = offered(automata, monkeypatch, capsys, words)

    assert name in names
    assert "other.yaml" not in names


@pytest.mark.parametrize("words", ["automata run Fi", "automata workflows show Fi", "automata runs show 0"])
def test_pressing_a_key_makes_no_database(automata, folder, monkeypatch, capsys, words):
    monkeypatch.delenv("AUTOMATA_DATABASE", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(folder / "data"))

    offered(automata, monkeypatch, capsys, words)

    assert not (folder / "data").exists()


def test_published_workflows_can_be_run(automata, folder, monkeypatch, capsys):
    monkeypatch.setenv("AUTOMATA_DATABASE", "runs.db")
    monkeypatch.setattr("automata.cli.complete.LIMIT_S", 30)
    monkeypatch.setattr(capped, "__defaults__", (30,))
    automata("workflows", "publish", "first.yaml")

    assert offered(automata, monkeypatch, capsys, "automata run Fi") == {"First"}


def test_a_slow_look_up_is_not_waited_for():
    gate = threading.Event()

    def slow():
        yield "a"
        gate.wait()

    assert capped(slow, 0.01) in ([], ["a"])
    gate.set()


def test_a_fault_offers_nothing():
    assert capped(lambda: iter(int("x") for _ in "a")) == []
