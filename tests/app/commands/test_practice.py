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
    assert f"{file}: line 30: pauses[1]: is no stage; did you mean waiting?" in done.stderr


def test_the_schema_is_json() -> None:
    assert json.loads(triage("practice", "schema").stdout)["title"] == "PracticeDocument"
