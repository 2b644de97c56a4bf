"""Starting a project."""


def test_a_project_is_written_once(automata, folder):
    assert automata("init", "demo").code == 0
    assert (folder / "demo" / "workflows" / "first.yaml").exists()
    assert "nothing to do" in automata("init", "demo").out


def test_nothing_is_overwritten(automata, folder):
    (folder / "README.md").write_text("mine")

    assert automata("init").code == 6


def test_a_person_may_say_no(terminal, folder):
    assert terminal("init", stdin="n\n").code == 10
    assert not (folder / "README.md").exists()
    assert terminal("init", stdin="y\n").code == 0
