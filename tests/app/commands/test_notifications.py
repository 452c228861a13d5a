from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.composition import open_services
from kb.records.incident import Incident
from tests.conftest import triage
from tests.mail_server import mail_server, write_practice

RULES = "    - {name: Nearly late, event: clock_warning, share: 80 %, to: [group, team_lead]}\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    write_practice(home, RULES)
    with open_services(home) as services:
        services.store.put_incidents(
            [
                Incident(
                    "INC1",
                    "No network",
                    state="new",
                    assignment_group="Network",
                    opened_at=datetime.now(UTC),
                )
            ]
        )
    return home


def test_a_preview_says_who_would_be_told_in_which_words_and_sends_nothing(home: Path) -> None:
    view = json.loads(triage("notifications", "preview", "clock_warning", "INC1", "--json", "--home", str(home)).stdout)
    assert [one["name"] for one in view["texts"]] == ["ann", "bob", "cleo"]
    assert view["texts"][0]["subject"] == "INC1 has used 80 % of its time: No network"
    assert view["examples"].keys() == {"share", "target", "measure", "due_at"}
    said = triage("notifications", "preview", "clock_warning", "INC1", "--home", str(home)).stderr
    assert "Made-up examples in these texts: share 80 %, target Critical, measure resolution, due at 2" in said
    assert "a dépassé" not in view["texts"][2]["subject"]
    assert view["texts"][2]["subject"].startswith("INC1 a utilisé 80 % de son délai")
    listed = triage("notifications", "list", "--home", str(home))
    assert "there are no notifications yet" in listed.stdout + listed.stderr
    narrowed = triage("notifications", "list", "--number", "INC1", "--home", str(home))
    assert "there are no such notifications" in narrowed.stderr
    nobody = triage("notifications", "preview", "closed", "INC1", "--home", str(home))
    assert "no rule notifies anybody of closed" in nobody.stdout + nobody.stderr
    assert (
        "no incident NONE" in triage("notifications", "preview", "closed", "NONE", "--home", str(home), status=1).stderr
    )


def test_a_template_of_the_data_folder_goes_first_and_its_mistakes_are_named(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIAGE_DESK_URL", "https://desk.example.org")
    assert triage("notifications", "check", "--home", str(home)).returncode == 0
    (home / "templates" / "de").mkdir(parents=True)
    own = home / "templates" / "clock_warning.txt"
    own.write_text("Subject: Hurry: {{ number }}\n\nOnly {{ due_at }} left.\n")
    (home / "templates" / "de" / "clock_warning.txt").write_text("Subject: Eilt: {{ number }}\n\nJetzt.\n")
    shown = json.loads(
        triage("notifications", "preview", "clock_warning", "INC1", "--json", "--home", str(home)).stdout
    )
    assert [one["subject"] for one in shown["texts"]] == ["Hurry: INC1", "Eilt: INC1", "Hurry: INC1"]
    for text, said in [
        ("Subject: {{ nummer }}\n\nx", "'nummer' is undefined"),
        ("Subject: {% if %}\n\nx", "line 1"),
        ("no subject", "its first line has to be"),
        ("Subject: x\n\n{% if waited %}{{ nummer }}{% endif %}", "line 3: 'nummer' is undefined; did you mean number?"),
        ("Subject: {{ ().__class__.__bases__[0].__subclasses__() }}\n\nx", "unsafe"),
    ]:
        own.write_text(text)
        checked = triage("notifications", "check", "--home", str(home), status=1)
        assert said in checked.stdout + checked.stderr
        shown = triage("notifications", "preview", "clock_warning", "INC1", "--home", str(home))
        assert "INC1 has used 80 % of its time" in shown.stdout + shown.stderr
    own.unlink()
    for part in ("footer", "facts", "digest"):
        (home / "templates" / f"{part}.txt").write_text("Subject: {{ countt }}\n\n")
        checked = triage("notifications", "check", "--home", str(home), status=1)
        assert f"templates/{part}.txt, line 1: 'countt' is undefined" in checked.stdout + checked.stderr
        (home / "templates" / f"{part}.txt").unlink()
    (home / "templates" / "de" / "clock_warning.txt").write_text("Subject: {{ nummer }}\n\nJetzt.\n")
    checked = triage("notifications", "check", "--home", str(home), status=1)
    assert "templates/de/clock_warning.txt" in checked.stdout + checked.stderr


def test_the_test_mail_arrives_or_says_why_not(home: Path) -> None:
    with mail_server() as mailbox:
        write_practice(home, RULES, port=mailbox.port)
        triage("notifications", "test", "me@example.org", "--home", str(home))
        ((recipient, mail),) = mailbox.taken
        assert (recipient, mail["Auto-Submitted"]) == ("me@example.org", "auto-generated")
        mailbox.refused = {"me@example.org": "550 no such user"}
        refused = triage("notifications", "test", "me@example.org", "--home", str(home), status=1)
        assert "550 no such user" in refused.stderr
    away = triage("notifications", "test", "me@example.org", "--home", str(home), status=1)
    assert "cannot be used" in away.stderr
    wrong = triage("notifications", "test", "me@x\nBcc: eve@x", "--home", str(home), status=2)
    assert "is not a mail address" in wrong.stderr
