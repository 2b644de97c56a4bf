"""The real program as a subprocess: exit codes, streams, and the shapes scripts rely on."""

import json
import os
import subprocess
import sys

import pytest

FAILING = """automata: 1
name: Fails
nodes:
  boom: {use: fail, with: {class: broken, message: It broke}}
"""

APPROVAL = """automata: 1
name: Asks
nodes:
  ask: {use: approval, with: {message: Really}}
  done: {use: set, with: {a: 1}}
edges:
  - ask.approved -> done
output: "${ask.approved}"
"""


@pytest.fixture
def automata(tmp_path):
    def run(*arguments, stdin="", **environment):
        return subprocess.run(
            [sys.executable, "-m", "automata", *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state"), **environment},
            timeout=50,
            check=False,
        )

    return run


@pytest.fixture
def project(automata, tmp_path):
    assert automata("init", ".").returncode == 0
    (tmp_path / "fails.yaml").write_text(FAILING)
    (tmp_path / "asks.yaml").write_text(APPROVAL)
    return tmp_path


def test_a_new_project_is_valid_and_its_tests_pass(automata, project):
    assert automata("validate", "workflows").returncode == 0
    assert automata("test", "workflows").returncode == 0


def test_init_twice_changes_nothing_and_overwrites_nothing(automata, project):
    assert json.loads(automata("init", "--json").stdout)["created"] == []

    (project / "README.md").write_text("mine")

    assert automata("init").returncode == 6
    assert (project / "README.md").read_text() == "mine"


def test_run_prints_exactly_the_documented_object(automata, project):
    done = automata("run", "workflows/first.yaml", "--input", "name=Ada", "--json")

    result = json.loads(done.stdout)
    assert done.returncode == 0
    assert list(result) == ["run", "workflow", "version", "status", "output", "error", "steps"]
    assert result["output"]["greetings"] == ["Hello, Grace!", "Hello, Alan!", "Hello, Ada!"]
    assert {"node", "status", "attempt"} <= set(result["steps"][0])


def test_a_failed_run_exits_with_9(automata, project):
    done = automata("run", "fails.yaml", "--json")

    assert done.returncode == 9
    assert json.loads(done.stdout)["error"]["class"] == "broken"


def test_an_approval_can_be_answered_on_the_command_line(automata, project):
    done = automata("run", "asks.yaml", "--approve", "ask=yes", "--json")

    assert json.loads(done.stdout)["output"] is True


def test_an_approval_nobody_can_answer_cancels_the_run_with_10(automata, project):
    done = automata("run", "asks.yaml", "--json")

    assert done.returncode == 10
    assert "--approve ask=yes" in done.stderr


def test_a_run_beyond_the_time_limit_exits_with_8(automata, project):
    (project / "waits.yaml").write_text("automata: 1\nname: Waits\nnodes: {nap: {use: wait, with: {for: 1h}}}\n")

    assert automata("run", "waits.yaml", "--timeout", "200ms").returncode == 8


def test_a_broken_document_exits_with_3_and_says_where(automata, project):
    (project / "bad.yaml").write_text("automata: 1\nname: Bad\nnodes:\n  a: {use: set, wiht: {}}\n")

    done = automata("validate", "bad.yaml", "--json")

    problem = json.loads(done.stdout)["problems"][0]
    assert done.returncode == 3
    assert (problem["file"], problem["line"], problem["pointer"]) == ("bad.yaml", 4, "/nodes/a/wiht")
    assert automata("run", "bad.yaml").returncode == 3


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github"])
def test_every_report_format_names_the_code(automata, project, form):
    (project / "bad.yaml").write_text("automata: 1\nname: Bad\nnodes: {a: {use: sett}}\n")

    done = automata("validate", "bad.yaml", "--format", form)

    assert done.returncode == 3
    assert "TYP" in done.stdout or "GRF" in done.stdout or "NOD" in done.stdout or "-00" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["vaildate"], 2),
        (["run"], 2),
        (["run", "nowhere.yaml"], 4),
        (["docs", "NOPE-999"], 4),
        (["plugins", "info", "nothing"], 4),
        (["schema", "nodetype", "nothing.at_all"], 4),
        (["test", "workflows", "--case", "no such"], 4),
        (["run", "workflows/first.yaml", "--input", "oops"], 2),
        (["new", "workflow", "fails.yaml"], 6),
        (["diff", "fails.yaml", "asks.yaml", "--exit-code"], 7),
        (["diff", "fails.yaml", "fails.yaml", "--exit-code"], 0),
        (["doctor"], 0),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_exit_codes_say_what_happened(automata, project, arguments, code):
    assert automata(*arguments).returncode == code


def test_an_unknown_command_names_the_nearest(automata):
    assert "did you mean 'validate'" in automata("vaildate").stderr


def test_messages_never_go_to_stdout(automata, project):
    done = automata("run", "nowhere.yaml")

    assert done.stdout == ""
    assert done.stderr.startswith("error[not-found]: ")


def test_a_pipe_gets_no_escape_sequences(automata, project):
    done = automata("run", "fails.yaml")

    assert "\x1b" not in done.stdout + done.stderr


def test_escape_sequences_of_a_document_are_not_obeyed(automata, project):
    (project / "evil.yaml").write_text('automata: 1\nname: "A\\e[31mB"\nnodes: {a: {use: set, with: {}}}\n')

    assert "\x1b" not in automata("run", "evil.yaml").stdout


def test_a_failure_is_an_object_when_json_is_asked_for(automata):
    done = automata("graph", "nowhere.yaml", "--json")

    assert json.loads(done.stdout)["exit"] == 4


@pytest.mark.parametrize("form", ["text", "mermaid", "svg", "json"])
def test_graph_draws_every_format(automata, project, form):
    done = automata("graph", "workflows/first.yaml", "--format", form)

    assert done.returncode == 0
    assert "everyone" in done.stdout


def test_a_dry_run_tells_what_would_happen(automata, project):
    (project / "calls.yaml").write_text(
        'automata: 1\nname: Calls\nnodes: {post: {use: http.request, with: {method: POST, url: "https://example.com/"}}}\n'
    )

    result = json.loads(automata("dry-run", "calls.yaml", "--json").stdout)

    assert [effect["node"] for effect in result["effects"]] == ["post"]


def test_a_reader_that_leaves_early_causes_no_noise(project):
    command = f"{sys.executable} -m automata schema workflow | head -c 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=50, check=False)

    assert done.stderr == ""


def test_a_failing_case_exits_with_9_and_says_what_differs(automata, project):
    path = project / "workflows" / "first.yaml"
    path.write_text(
        path.read_text().replace("note: A small round}\n", "note: Another}\n", 1).replace("Hello, Ada!", "Bye")
    )

    done = automata("test", "workflows", "--json")

    assert done.returncode == 9
    assert json.loads(done.stdout)["cases"][0]["failures"]


def test_a_fix_keeps_the_comments_of_a_yaml_file(automata, project):
    path = project / "typo.yaml"
    path.write_text(
        "automata: 1\nname: Typo  # kept\nnodes:\n  a: {use: set, with: {x: 1}}\n"
        '  b: {use: set, with: {y: "${a.z}"}}\nedges: [a -> b]\n'
    )

    automata("validate", "typo.yaml", "--fix")

    assert "# kept" in path.read_text()
