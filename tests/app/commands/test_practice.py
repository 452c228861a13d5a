"""`triage practice`: the example, the check and the schema."""

from __future__ import annotations

import json
from pathlib import Path

from tests.conftest import triage


def test_the_example_is_written_once_and_checked(tmp_path: Path) -> None:
    home = str(tmp_path / "home")
    assert "is missing; `triage practice init`" in triage("--home", home, "practice", "check", status=1).stderr
    assert json.loads(triage("--home", home, "practice", "init", "--json").stdout)["written"]
    assert "no mistakes; 2 calendars" in triage("--home", home, "practice", "check").stderr
    (tmp_path / "home" / "practice.yaml").write_text("mine", encoding="utf-8")
    triage("--home", home, "practice", "init")
    assert (tmp_path / "home" / "practice.yaml").read_text(encoding="utf-8") == "mine"


def test_the_check_lists_every_mistake_and_fails(tmp_path: Path) -> None:
    home = str(tmp_path / "home")
    triage("--home", home, "practice", "init")
    file = tmp_path / "new.yaml"
    text = (tmp_path / "home" / "practice.yaml").read_text(encoding="utf-8")
    file.write_text(text.replace("15 min", "soon").replace("[waiting]", "[wating]"), encoding="utf-8")
    done = triage("practice", "check", str(file), "--json", status=1)
    problems = json.loads(done.stdout)["problems"]
    assert [problem["field"] for problem in problems] == ["pauses[1]"]
    assert f"{file}: line 30: pauses[1]: is not a stage; did you mean waiting?" in done.stderr


def test_the_check_says_warnings_and_succeeds(tmp_path: Path) -> None:
    home = str(tmp_path / "home")
    triage("--home", home, "practice", "init")
    file = tmp_path / "home" / "practice.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("priorities: 1,", "priorities: bananas,"), "utf-8")
    done = triage("--home", home, "practice", "check", "--json")
    assert f"{file}: warning: line 82: board.expedite.priorities: no target and no ticket tool" in done.stderr
    found = json.loads(done.stdout)
    assert (found["problems"], [one["line"] for one in found["warnings"]]) == ([], [82])


def test_the_check_of_a_folder_names_its_templates_too(tmp_path: Path) -> None:
    home = tmp_path / "home"
    triage("--home", str(home), "practice", "init")
    own = home / "templates" / "clock_warning.txt"
    own.parent.mkdir()
    own.write_text("Subject: {{ number }}\n\n{% if waited %}\n{{ subjekt }}\n{% endif %}\n", encoding="utf-8")
    done = triage("--home", str(home), "practice", "check", "--json", status=1)
    said = "templates/clock_warning.txt, line 4: 'subjekt' is undefined; did you mean subject?"
    assert said in json.loads(done.stdout)["templates"][0]
    assert f"{home}/{said}" in done.stderr
    assert "no mistakes" in triage("--home", str(home), "practice", "check", str(home / "practice.yaml")).stderr


def test_the_schema_is_json() -> None:
    assert json.loads(triage("practice", "schema").stdout)["title"] == "PracticeDocument"
