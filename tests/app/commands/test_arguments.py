from __future__ import annotations

import itertools
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.main import get_command

from app.commands.arguments import given_day, given_path, number_between
from app.commands.main import app
from app.commands.options import home_of
from tests.conftest import triage


@pytest.mark.parametrize("text", ["", " ", "/", "//", "/.", "/../"])
def test_an_empty_path_and_the_root_are_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="name a"):
        given_path(text)


@pytest.mark.parametrize("text", [".", "articles", "../articles", "/tmp"])
def test_other_paths_are_taken_as_they_are(text: str) -> None:
    assert given_path(text) == Path(text)


def _parameters(command: Any) -> list[Any]:
    below = getattr(command, "commands", {}).values()
    return [*command.params, *itertools.chain.from_iterable(map(_parameters, below))]


def test_every_path_and_every_number_of_every_command_is_checked() -> None:
    described = [one.type_descriptor for one in _parameters(get_command(app)) if one.name != "help"]
    of_type = {kind: [one for one in described if one.annotation is kind] for kind in (Path, float, int, datetime)}
    assert all(of_type.values())
    assert all(one.parameter_info.parser is given_path for one in of_type[Path])
    assert all(one.parameter_info.parser for one in (*of_type[float], *of_type[datetime]))
    assert all(one.parameter_info.max <= 2**31 - 1 for one in of_type[int])


@pytest.mark.parametrize(("arguments", "message"), [
    (["drift", "--days", "inf"], "inf: is not a number from 1 to 36500"),
    (["replay", "--delay-days", "nan"], "nan: is not a number"),
    (["replay", "--delay-days", "1e300"], "1e300: is not a number"),
    (["replay", "--to", "9999-12-31"], "is not a day of the years 1900 to 2999"),
    (["keys", "make", "x", "--days", "inf"], "inf: is not a number"),
    (["finetune", "--minutes", "inf"], "inf: is not a number"),
    (["labels", "withdraw", "99999999999999999999"], "less than or equal to 2147483647"),
    (["imports", "undo", "99999999999999999999"], "less than or equal to 2147483647"),
    (["labels", "change", "category", "Mail", "--since", "tomorrow"], "is not a day such as"),
    (["classify", "x.csv", "-o", "y.csv", "--encoding", "nonsense"], "is not a character encoding"),
    (["import", "incidents", "x.csv", "--encoding", "base64"], "is not a character encoding"),
    (["suggest", "caf\udce9"], "argument 4"),
    (["suggest", "-"], "standard input is not UTF-8"),
])  # fmt: skip
def test_odd_arguments_end_in_a_sentence(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = triage("--home", "home", *arguments, status=2, text=b"caf\xe9")
    assert message in " ".join(done.stderr.split())
    assert not (tmp_path / "home").exists()


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=12) | st.floats().map(str))
def test_numbers_and_days_are_read_or_refused(text: str) -> None:
    for read in (number_between(0, 10), given_day):
        with suppress(typer.BadParameter):
            assert read(text) is not None


def test_the_environment_cannot_name_the_root_as_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIAGE_HOME", "/")
    with pytest.raises(typer.BadParameter, match="root of the file system"):
        home_of(typer.Context(get_command(app)), None)


def test_a_path_is_refused_before_a_command_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(typer.BadParameter):
        given_path("")
    assert "the path is empty" in triage("--home", "", "models", status=2).stderr
    assert "the path is empty" in triage("import", "articles", "", "--home", "home", status=2).stderr
    assert "no user of this name" in triage("--home", "~nobody-such/x", "models", status=2).stderr
    assert list(tmp_path.iterdir()) == []
