"""What is said of errors: everything that a person at the desk can meet has words in each language."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel import Locale

from app.desk import language
from app.desk.error_words import error_words, kind_words
from app.desk.texts import worded
from app.error_codes import ERROR_CODES
from app.schemas.wordings import WordingView
from kb.records.advice import Advice
from kb.records.errors import UnknownRecordError
from kb.records.wording import Wording
from models.errors import InvalidError, StorageFullError
from tests.app.desk.test_language import catalogue

ROOT = Path(__file__).parents[3]
FLOORS = ("app", "kb", "training", "triage")
MAKERS = {"Wording": 0, "_need": 2}
"""What makes a wording, and which of its arguments is the template."""
MET = ("app/services", "kb/authoring", "kb/curation", "kb/importers/tables", "kb/records", "kb/service", "kb/storage")
"""Where errors are raised that a person at the desk can meet."""
NOT_MET = {
    "app/services/act_undo.py": "refused undos are told as values",
    "app/services/field_values.py": "the desk asks for fields that there are",
    "app/services/major_incidents.py": "the desk says itself what somebody else decided",
    "app/services/queue_acts.py": "refusals of acts are told as values",
    "kb/records/board.py": "limits are told as values",
    "kb/records/columns.py": "fields of a mapping that do not exist, which the desk does not offer",
    "kb/records/incident_moves.py": "refused moves are told as values",
    "kb/service/webhooks.py": "webhooks, which programs set up",
    "kb/service/idempotency.py": "keys of programs",
    "kb/service/locks.py": "told to operators",
    "kb/service/notification_texts.py": "templates, which operators write",
    "kb/storage/import_log.py": "imports are undone on the command line",
}
"""Why errors that a module raises need no words of the desk."""


def modules(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def constants(node: ast.AST) -> Iterator[str]:
    """Yield the texts that a template can be: a text itself, or either side of a choice."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from constants(node.body)
        yield from constants(node.orelse)


def templates(tree: ast.Module) -> Iterator[str]:
    """Yield the templates of all wordings of a module, also those that are chosen by name before."""
    for scope in ast.walk(tree):
        if not isinstance(scope, ast.FunctionDef | ast.Module):
            continue
        assigned = dict[str, list[str]]()
        for node in ast.walk(scope):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                assigned.setdefault(node.targets[0].id, []).extend(constants(node.value))
        for node in ast.walk(scope):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKERS:
                template = node.args[MAKERS[node.func.id]]
                yield from assigned.get(template.id, []) if isinstance(template, ast.Name) else constants(template)


def wordings() -> set[str]:
    return {template for _path, tree in modules(*FLOORS) for template in templates(tree)}


@pytest.mark.parametrize("name", ["de", "fr"])
def test_every_wording_of_the_service_is_translated(name: str) -> None:
    translated = {entry.id for entry in catalogue(name) if entry.id and entry.string}
    wanted = wordings()
    assert len(wanted) > 150
    assert sorted(wanted - translated) == []


def test_every_code_of_an_error_says_what_did_not_work() -> None:
    assert set(kind_words()) == {code.name for code in ERROR_CODES}
    assert all(kind_words().values())


def errors() -> set[str]:
    """The names of all kinds of errors, but for those that only an operator can do something about."""
    bases = dict[str, list[str]]()
    for _path, tree in modules("models", *FLOORS):
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                bases[node.name] = [base.id for base in node.bases if isinstance(base, ast.Name)]
    found = {"NotFoundError", "ConflictError", "ForbiddenError", "UnauthenticatedError", "InvalidError"}
    while more := {name for name, above in bases.items() if found & set(above)} - found:
        found |= more
    return found


KINDS = errors()


def unworded(tree: ast.Module) -> Iterator[str]:
    """Yield the errors and the rows left out whose sentence is no wording."""
    kinds = dict.fromkeys(KINDS, 0) | {"Reject": 3, "emptied": 3}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in kinds:
            said = node.args[kinds[node.func.id]] if len(node.args) > kinds[node.func.id] else node
            if isinstance(said, ast.JoinedStr | ast.Constant):
                yield f"line {said.lineno}: {ast.unparse(said)}"


@pytest.mark.parametrize("folder", MET)
def test_an_error_that_can_be_met_at_the_desk_is_raised_with_a_wording(folder: str) -> None:
    found = {path: list(unworded(tree)) for path, tree in modules(folder) if path not in NOT_MET}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_each_module_whose_errors_are_not_met_has_such_an_error() -> None:
    trees = dict(modules(*MET))
    assert [path for path in NOT_MET if not list(unworded(trees[path]))] == []


def test_advice_stands_in_wordings_as_the_command_line_looks_for_it() -> None:
    said = "\n".join(wordings()) + (ROOT / "kb/importers/date_order.py").read_text(encoding="utf-8")
    assert [one.name for one in Advice if one not in said and f"Advice.{one.name}" not in said] == []


@pytest.fixture
def german(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "_locale", lambda: Locale("de"))


@pytest.mark.usefixtures("german")
def test_an_error_is_told_in_the_readers_language() -> None:
    error = UnknownRecordError(Wording("no incident {number}", {"number": "INC{1}"}))
    assert error_words(error) == "Das Ticket INC{1} gibt es nicht."
    few = Wording("{count} incidents have a value, {least} are needed", {"count": 1200, "least": 5000})
    lacking = Wording("{input}: {reason}", {"input": "assignment_group", "reason": [few]})
    whole = Wording(
        "cannot learn {fields} ({reasons}); import more resolved incidents",
        {"fields": "assignment_group, category", "reasons": [lacking]},
    )
    parts = WordingView.model_validate_json(WordingView(**whole.as_json()).model_dump_json())
    told = "Zuweisungsgruppe: 1.200 Tickets haben einen Wert, nötig sind 5.000"
    assert told in worded("in English", parts)
    assert "Zuweisungsgruppe, Kategorie" in worded("in English", parts)


@pytest.mark.usefixtures("german")
def test_an_error_in_english_alone_has_what_did_not_work_before_it() -> None:
    said = error_words(InvalidError("limit: Input should be less than 500"))
    assert said == f"{kind_words()['invalid']}: limit: Input should be less than 500"
    assert re.fullmatch(r"[A-ZÄÖÜ][^:]+: /data is full", error_words(StorageFullError("/data is full")))


def test_an_english_reader_gets_the_sentence_of_the_service() -> None:
    assert error_words(InvalidError("limit: Input should be less than 500")) == "limit: Input should be less than 500"
    assert error_words(UnknownRecordError(Wording("no incident {number}", {"number": "A1"}))) == "no incident A1"
