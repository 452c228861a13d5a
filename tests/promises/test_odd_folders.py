"""Every command and every GET route on an empty or odd folder ends in a sentence, never in a traceback or a 500."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from typer.main import get_command

from app.api.application import ROUTERS, create_app
from app.commands.main import app as command_line
from app.composition import open_services
from models.errors import TriageError
from tests.conftest import triage

SERVING = {"serve", "desk", "demo", "mcp"}  # run until they are stopped; they open a folder as all others do
FILE_ALONE = {("practice", name) for name in ("init", "check", "schema")}  # read practice.yaml and open no store
SERVICENOW = "/api/now/"  # whose errors have the shape of ServiceNow's
VALUES = {
    "file": "tickets.csv",
    "path": "articles",
    "folder": "exported",
    "out": "out.csv",
    "rejects": "rejects.csv",
    "query": "printer",
    "text": "the printer jams",
    "number": "1",
    "stage": "waiting",
    "flag": "1",
    "version": "1",
    "new": "practice.yaml",
    "before": "1",
    "after": "2",
    "mode": "recommend",
    "field": "category",
    "old": "Mail",
    "key": "nothing",
    "caller": "nobody",
    "name": "somebody",
    "role": "publisher",
    "url": "https://hooks.example/in",
    "webhook": "nothing",
    "notification": "nothing",
    "event": "assigned",
    "address": "me@example.org",
    "item": "nothing",
    "article": "KB1",
    "into": "KB2",
    "reason": "wrong",
    "kind": "phishing",
    "state": "closed",
    "incidents": "1",
}
"""A value for each argument that a command requires, by its name."""


def _commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the words of each command of the command line with the arguments that it requires."""
    if below := getattr(command, "commands", {}):
        for name, one in below.items():
            yield from _commands(one, (*words, name))
        if not command.no_args_is_help:
            yield words
        return
    for parameter in command.params:
        if parameter.required or (parameter.param_type_name == "argument" and parameter.name == "text"):
            option = () if parameter.param_type_name == "argument" else (parameter.opts[-1],)
            words += (*option, VALUES[parameter.name])
    yield words


COMMANDS = [words for words in _commands(get_command(command_line)) if words and words[0] not in SERVING]


def _no_folder(home: Path) -> None:
    home.write_text("a file")


def _foreign_text(home: Path) -> None:
    home.mkdir()
    (home / "triage.db").write_text("no database, but the notes of somebody else\n" * 100)


def _foreign_database(home: Path) -> None:
    home.mkdir()
    with sqlite3.connect(home / "triage.db") as connection:
        connection.execute("CREATE TABLE incidents (title TEXT)")


def _database_is_folder(home: Path) -> None:
    (home / "triage.db").mkdir(parents=True)


def _settings_are_folder(home: Path) -> None:
    (home / "settings.env").mkdir(parents=True)


def _settings_are_binary(home: Path) -> None:
    home.mkdir()
    (home / "settings.env").write_bytes(b"TRIAGE_POLISH_MODEL=caf\xe9\n")


def _settings_are_not_json(home: Path) -> None:
    home.mkdir()
    (home / "settings.env").write_text("TRIAGE_OIDC_ROLES=kcs: publisher\n")


def _no_database_url(home: Path) -> None:
    home.mkdir()
    (home / "settings.env").write_text("TRIAGE_DATABASE_URL=postgresql://triage:port/triage\n")


def _no_driver(home: Path) -> None:
    home.mkdir()
    (home / "settings.env").write_text("TRIAGE_DATABASE_URL=oracle://db.example/triage\n")


def _read_only(home: Path) -> None:
    home.mkdir(mode=0o500)


ODD: dict[str, Callable[[Path], None]] = {
    make.__name__[1:]: make
    for make in (
        _no_folder,
        _foreign_text,
        _foreign_database,
        _database_is_folder,
        _settings_are_folder,
        _settings_are_binary,
        _settings_are_not_json,
        _no_database_url,
        _no_driver,
        _read_only,
    )
}


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "printer.md").write_text("# Printer jams\n\n## Resolution\n\nOpen the flap.\n")
    (tmp_path / "tickets.csv").write_text("number,description\n1,the printer jams\n")


@pytest.fixture(scope="module")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("empty")
    with open_services(home):
        return home


def _check_end(words: tuple[str, ...], home: Path) -> int:
    """Run a command on a folder, check that it ends in a sentence, and return its exit status."""
    done = triage("--home", str(home), *words, status=None)
    assert done.returncode in (0, 1, 2), words
    if done.returncode:
        assert re.search(r"(error|Error|left out): .*\w{3}", done.stderr), (words, done.stderr)
    return done.returncode


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_on_an_empty_folder(words: tuple[str, ...], empty_home: Path, tmp_path: Path) -> None:
    _check_end(words, shutil.copytree(empty_home, tmp_path / "home"))


@pytest.mark.parametrize("kind", ["foreign_text", "settings_are_binary"])
def test_every_command_on_an_odd_folder(kind: str, tmp_path: Path) -> None:
    ODD[kind](tmp_path / "home")
    for words in COMMANDS:
        assert _check_end(words, tmp_path / "home") != 0 or words in FILE_ALONE, words


@pytest.mark.parametrize("kind", ODD)
def test_no_odd_folder_is_opened(kind: str, tmp_path: Path) -> None:
    if kind == "read_only" and os.geteuid() == 0:
        pytest.skip("the system lets root write into read-only folders")
    ODD[kind](tmp_path / "home")
    assert _check_end(("models",), tmp_path / "home") != 0
    with pytest.raises((TriageError, OSError)), open_services(tmp_path / "home"):
        pass


def test_every_get_route_on_an_empty_folder(tmp_path: Path) -> None:
    with open_services(tmp_path / "home") as services:
        app = create_app(services, hosts=["testserver"])
        with TestClient(app, raise_server_exceptions=False) as client:
            routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
            paths = {route.path for route in routes if "GET" in route.methods}
            assert len(paths) > 20
            for path in sorted(paths):
                values = ("1", "9" * 30, "%ff", "a%00b") if "{" in path else ("",)
                queries = ("", "?limit=" + "9" * 30, "?offset=" + "9" * 30, "?q=x&days=inf")
                for value, query in zip_longest(values, queries, fillvalue=""):
                    _check_answer(client, re.sub(r"\{.*?\}", value, path) + query)


def _check_answer(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code < 500, (path, answer.text)
    if answer.status_code >= 400:
        kind, is_servicenow = answer.headers["content-type"], path.startswith(SERVICENOW)
        assert kind == "application/problem+json" or (is_servicenow and "error" in answer.json()), (path, answer.text)
