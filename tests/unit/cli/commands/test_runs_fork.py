"""Starting from the middle of an old run."""

import asyncio
import json

import pytest

from automata._core.kernel import Kernel

STORY = """automata: 1
name: Story
input: {type: object, properties: {total: {type: number}}}
nodes:
  first: {use: set, with: {x: "${input.total}"}}
  write: {use: files.write_text, with: {path: a.txt, text: "${string(first.x)}"}}
  second: {use: set, with: {y: "${write.path}"}}
edges: [first -> write, write -> second]
output: "${second.y}"
"""
PLAIN = STORY.replace("files.write_text, with: {path: a.txt, text:", "set, with: {path: a.txt, text:")


def run_of(database, text):
    """Run a document to its end in the database; its id."""

    async def run():
        kernel = Kernel(database=database)
        workflow = kernel.validate_text(text).workflow
        done = await kernel.run(workflow, {"total": 5})
        await kernel.store.close()
        return done.run.id

    return asyncio.run(run())


@pytest.fixture
def story(database):
    """Id of a run without effects."""
    return run_of(database, PLAIN)


@pytest.fixture
def written(connectors, database, folder, monkeypatch):
    """Id of a run that wrote a file."""
    monkeypatch.setenv("AUTOMATA_FILES_ROOT", str(folder))
    return run_of(database, STORY)


def test_a_fork_is_a_new_run_in_the_queue_that_knows_where_it_comes_from(automata, story):
    done = automata("runs", "fork", story, "--before", "second", "--json")

    new = json.loads(done.out)
    assert done.code == 0
    assert new["origin"] == f"{story}@5"
    assert new["kept"]["steps"] == ["first", "write"]
    shown = automata("runs", "show", new["run"])
    assert "queued" in shown.out
    assert f"repeats  {story} from event 5" in shown.out


def test_an_edited_output_is_in_the_new_journal(automata, story):
    done = automata("runs", "fork", story, "--edit", 'write={"path": "b.txt"}', "--json")

    new = json.loads(done.out)["run"]
    assert '{"path": "b.txt"}' in automata("runs", "logs", new).out
    assert automata("runs", "fork", story, "--edit", "write").code == 2


def test_effects_that_would_happen_again_are_said_and_asked_for(automata, terminal, written):
    alone = automata("runs", "fork", written, "--before", "write")
    dry = automata("runs", "fork", written, "--before", "write", "--dry-run")
    no = terminal("runs", "fork", written, "--before", "write", stdin="n\n")
    yes = terminal("runs", "fork", written, "--before", "write", stdin="y\n")

    assert alone.code == 2
    assert "nobody can be asked" in alone.err
    assert dry.code == 0
    assert "idempotent  write  files.write_text" in dry.out
    assert (no.code, yes.code) == (10, 0)
    assert "Let 1 effect happen again?" in no.err
    assert "was accepted" in yes.out
    assert len(json.loads(automata("runs", "list", "--json").out)["runs"]) == 2


def test_a_version_that_does_not_fit_is_refused_with_its_reasons(automata, folder, story):
    (folder / "story.yaml").write_text(PLAIN.replace("a.txt", "c.txt"))
    published = json.loads(automata("workflows", "publish", str(folder / "story.yaml"), "--json").out)
    version = published["published"][0]["version"]

    people = automata("runs", "fork", story, "--before", "second", "--version", version)
    programs = automata("runs", "fork", story, "--before", "second", "--version", version, "--json")

    assert people.code == programs.code == 3
    assert "write: It would have other parameters at 'path': 'c.txt' instead of 'a.txt'" in people.err
    assert [reason["node"] for reason in json.loads(programs.out)["misfits"]] == ["write"]
    assert automata("runs", "fork", story, "--before", "write", "--version", version).code == 0


def test_a_step_there_is_not_is_answered_with_those_there_are(automata, story):
    done = automata("runs", "fork", story, "--before", "third")

    assert done.code == 4
    assert "those that did: first, write, second" in done.err
    assert "fix: automata runs show" in done.err
