from __future__ import annotations

import contextlib
import csv
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import openpyxl
import pytest

from app.composition import open_services
from app.sample.incidents import sample_incidents
from kb.importers.articles.files import read_articles
from kb.records.rejects import Reject
from tests.conftest import SAMPLE_NOW, printers_and_vpn, triage

HEADER = ["number", "short_description", "description", "category", "assignment_group"]


def write_sample(path: Path, count: int = 300) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(
            [getattr(incident, name) for name in HEADER] for incident in sample_incidents(count, now=SAMPLE_NOW)
        )
    return path


def test_import_train_suggest_classify_search_on_a_fresh_folder(tmp_path: Path) -> None:
    home = str(tmp_path / "home")
    table = write_sample(tmp_path / "history.csv")
    report = json.loads(triage("import", "incidents", str(table), "--home", home, "--json").stdout)
    assert (report["new"], report["rejected"]) == (378, 0)
    assert report["mapping"]["assignment_group"] == "assignment_group"
    done = triage("--home", home, "train")
    assert done.stdout == ""
    assert "assignment_group" in done.stderr
    suggestion = json.loads(triage("--home", home, "suggest", "vpn drops at home", "--json").stdout)
    assert suggestion["fields"]["category"]["value"] == "VPN"
    from_stdin = triage("--home", home, "suggest", "-", "--json", text="vpn drops at home").stdout
    assert json.loads(from_stdin)["fields"] == suggestion["fields"]
    said = triage("--home", home, "suggest", "--short-description", "vpn drops at home").stdout
    assert re.search(r"^category +VPN +sure", said, re.MULTILINE)
    assert re.search(r"^assignment group +Network", said, re.MULTILINE)
    assert "%" not in said
    assert "confidence 9" in triage("--home", home, "suggest", "vpn drops at home", "--explain").stdout
    said = triage("--home", home, "suggest", "I need help").stdout
    assert re.search(r"^category +- +please choose", said, re.MULTILINE)
    found = json.loads(
        triage("--home", home, "search", "vpn drops", "--kind", "incidents", "--limit", "3", "--json").stdout
    )
    assert len(found["results"]) == 3
    assert {"kind", "id", "title", "score", "excerpt", "source"} <= set(found["results"][0])


def test_classify_keeps_rows_order_and_columns(sample_home: Path, tmp_path: Path) -> None:
    rows = [["7", "vpn drops", "=1+1 formula"], ["8", "", ""], ["9", "printer queue\nstuck", "-5"]]
    with (tmp_path / "in.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["ref", "text", "category"], *rows])
    triage("--home", str(sample_home), "classify", str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv"))
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        out = list(csv.DictReader(file))
    assert [row["ref"] for row in out] == ["7", "8", "9"]
    assert [row["category_given"] for row in out] == ["'=1+1 formula", "", "-5"]
    assert [row["category"] for row in out] == ["VPN", "", "Printing"]
    assert [row["category_decision"] for row in out] == ["automatic", "unsure", "automatic"]
    assert out[2]["text"] == "printer queue\nstuck"
    assert out[0]["assignment_group"] == "Network"
    assert float(out[0]["category_confidence"]) > 0.9
    assert all("=" in part for part in out[0]["category_alternatives"].split("|"))
    assert out[1]["category_alternatives"] == ""


def test_bad_rows_are_listed_and_the_exit_status_says_so(tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text('number,text,state\n1,good,done\n2,,\n3,"unclosed\n4,good,done\n')
    rejects = tmp_path / "rejects.csv"
    done = triage(
        "--home",
        str(tmp_path / "h"),
        "import",
        "incidents",
        str(tmp_path / "bad.csv"),
        "--rejects",
        str(rejects),
        "--json",
        status=1,
    )
    report = json.loads(done.stdout)
    assert (report["new"], report["rejected"]) == (2, 2)
    with rejects.open(newline="") as file:
        listed = list(csv.DictReader(file))
    assert [(row["row"], row["column"]) for row in listed] == [("3", "text"), ("4", "")]
    assert "bad.csv, row 4" in done.stderr


@pytest.mark.parametrize(("arguments", "status", "message"), [
    (["import", "incidents", "none.csv"], 1, "there is no such file"),
    (["import", "incidents", "{empty}"], 1, "the file is empty"),
    (["import", "incidents", "{notext}"], 1, "no column says what the caller said"),
    (["import", "incidents", "{notext}", "--map", "nonsense"], 2, "is not FIELD=COLUMN"),
    (["import", "incidents", "{notext}", "--timezone", "Mars"], 2, "is not a time zone"),
    (["import", "articles", "{folder}"], 1, "holds no page"),
    (["train"], 1, "import more resolved incidents"),
    (["train", "--fields", "nothing"], 1, "no resolved incident has a value"),
    (["classify", "{text}", "-o", "{out}"], 1, "nothing to classify from"),
    (["suggest"], 2, "give the ticket's TEXT"),
    (["search", "x", "--kind", "people"], 2, "people"),
    (["frobnicate"], 2, "No such command"),
])  # fmt: skip
def test_errors_are_one_clear_line_and_the_right_status(
    tmp_path: Path, arguments: list[str], status: int, message: str
) -> None:
    (tmp_path / "empty.csv").touch()
    (tmp_path / "notext.csv").write_text("number,priority\n1,2\n")
    (tmp_path / "text.csv").write_text("text\nx\n")
    (tmp_path / "folder").mkdir()
    names = {name: str(tmp_path / f"{name}.csv") for name in ("empty", "notext", "text", "out")}
    given = [argument.format(folder=tmp_path / "folder", **names) for argument in arguments]
    done = triage("--home", str(tmp_path / "home"), *given, status=status)
    assert message in " ".join(done.stderr.replace("│", " ").split())
    assert done.stdout == ""


def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "settings.env").write_text("TRIAGE_PRECISION=2")
    assert "TRIAGE_PRECISION" in triage("--home", str(tmp_path), "suggest", "x", status=1).stderr


def test_a_folder_with_unreadable_binary_and_broken_files(tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    (folder / "network").mkdir(parents=True)
    (folder / "network" / "vpn.md").write_text("# VPN drops\n\n## Solution\n\nUse TCP.")
    (folder / "latin.md").write_bytes("# Größe\n\n## Ursache\n\nÄrger".encode("cp1252"))
    (folder / "broken.md").write_text("---\ntitle: [x\n---\n\ntext")
    (folder / "binary.md").write_bytes(bytes(range(256)))
    (folder / "empty.md").touch()
    (folder / "picture.png").write_bytes(b"\x89PNG")
    (folder / "gone.md").symlink_to(folder / "nowhere.md")
    done = triage("--home", str(tmp_path / "h"), "import", "articles", str(folder), "--json", status=1)
    report = json.loads(done.stdout)
    assert report["new"] == 2
    assert {reject["file"] for reject in report["rejects"]} == {
        *("broken.md", "binary.md", "empty.md", "gone.md", ".png")
    }
    assert (
        json.loads(triage("--home", str(tmp_path / "h"), "import", "articles", str(folder), "--json", status=1).stdout)[
            "unchanged"
        ]
        == 2
    )
    found = json.loads(
        triage("--home", str(tmp_path / "h"), "search", "Größe Ärger", "--kind", "articles", "--json").stdout
    )
    assert found["results"][0]["source"] == "latin.md"


def test_articles_from_a_table(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for line in (
        ["number", "short_description", "text", "workflow_state"],
        ["KB1", "VPN drops", "## Symptoms\nIt drops\n## Resolution\nTCP", "published"],
        ["KB2", "", "x", ""],
    ):
        sheet.append(line)
    book.save(tmp_path / "kb.xlsx")
    first, second = read_articles(tmp_path / "kb.xlsx")
    assert not isinstance(first, Reject)
    assert (first.id, first.title, first.issue, first.resolution, first.state) == (
        "KB1",
        "VPN drops",
        "It drops",
        "TCP",
        "validated",
    )
    assert isinstance(second, Reject)
    assert second.column == "title"


def test_a_dry_run_shows_each_article_and_writes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "kb"
    folder.mkdir()
    (folder / "a.md").write_text("---\nstatus: shiny\n---\n# Lamp is dark\n\n## Fix\n\nCharge it.\n", encoding="utf-8")
    (folder / "b.html").write_text("<h1>Lamp</h1><p>About lamps</p>", encoding="utf-8")
    home = tmp_path / "home"
    shown = triage("--home", str(home), "import", "articles", str(folder), "--dry-run")
    assert ["Lamp is dark" in shown.stdout, "not validated" in shown.stdout, "Resolution" in shown.stdout] == [True] * 3
    assert "'shiny' is not a known state" in shown.stderr
    assert "states: 1 not validated, 1 work in progress" in shown.stderr
    report = json.loads(triage("import", "articles", str(folder), "--dry-run", "--json").stdout)
    assert [(one["title"], one["state"], one["sections"]) for one in report["articles"]] == [
        ("Lamp is dark", "not_validated", ["Resolution"]),
        ("Lamp", "work_in_progress", [""]),
    ]
    assert [note["column"] for note in report["rejects"]] == ["state"]
    assert not home.exists()
    written = json.loads(triage("--home", str(home), "import", "articles", str(folder), "--json").stdout)
    assert (written["new"], written["states"]) == (2, {"not_validated": 1, "work_in_progress": 1})


def committed(home: Path) -> int:
    """How many incidents are in the database for good, by somebody else's connection."""
    address = f"file:{home / 'triage.db'}?mode=ro"
    with (
        contextlib.suppress(sqlite3.OperationalError),
        contextlib.closing(sqlite3.connect(address, uri=True)) as there,
    ):
        return int(there.execute("select count(*) from incidents").fetchone()[0])
    return 0


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_an_import_that_was_broken_off_is_completed_by_a_second_run(tmp_path: Path, number: signal.Signals) -> None:
    table, home = write_sample(tmp_path / "history.csv", 1500), tmp_path / "home"
    command = [sys.executable, "-m", "app", "--home", str(home), "import", "incidents", str(table), "--json"]
    broken = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a job in the background ignores it
    )
    while not committed(home):
        time.sleep(0.02)
        assert broken.poll() is None
    os.kill(broken.pid, number)
    _, messages = broken.communicate()
    assert broken.returncode == (-9 if number == signal.SIGKILL else 1), messages
    report = json.loads(triage("--home", str(home), "import", "incidents", str(table), "--json").stdout)
    assert report["new"] + report["unchanged"] == 1578
    assert 0 < report["unchanged"] < 1578
    assert report["updated"] == 0


def test_models_are_kept_and_an_earlier_one_serves_again(tmp_path: Path) -> None:
    home = str(tmp_path / "home")
    with open_services(tmp_path / "home") as services:
        services.store.put_incidents(printers_and_vpn())
    first, second = (
        json.loads(triage("--home", home, "train", "--fields", "category", "--json").stdout)["version"]
        for _ in range(2)
    )
    kept = json.loads(triage("--home", home, "models", "--json").stdout)["models"]
    assert [(model["version"], model["serves"]) for model in kept] == [(second, True), (first, False)]
    assert kept[0]["metrics"]["category"]["accuracy"] == 1.0
    with open_services(tmp_path / "home") as services:
        assert services.assistant.info().version == second
        assert first in triage("models", "--home", home, "rollback").stderr
        assert services.assistant.info().version == first
    assert first in triage("--home", home, "models").stdout
    assert "no earlier model" in triage("--home", home, "models", "rollback", status=1).stderr
    assert f"kept: {second}, {first}" in triage("--home", home, "models", "rollback", "x", status=1).stderr
