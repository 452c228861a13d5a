from __future__ import annotations

import pytest

from app.error_codes import ERROR_CODES, error_class, error_code
from kb.records.columns import ColumnError
from kb.records.errors import EditConflictError, UnknownRecordError
from kb.records.life_cycle import NotEntitledError
from kb.records.rejects import UnreadableFileError
from kb.service.allowed_values import UnknownValueError
from models.artefacts import ArtefactError
from models.errors import ConflictError, InvalidError, NotFoundError, TriageError, UnavailableError, UpstreamError
from training.fit import NotEnoughHistoryError


@pytest.mark.parametrize(("error", "status", "problem_type", "exit_status"), [
    (UnknownRecordError("x"), 404, "/problems/not-found", 1),
    (NotEnoughHistoryError("x"), 409, "/problems/conflict", 1),
    (EditConflictError("x"), 409, "/problems/edit-conflict", 1),
    (NotEntitledError("x"), 403, "/problems/forbidden", 1),
    (UnknownValueError("group", "x", []), 422, "/problems/invalid", 2),
    (ColumnError("x"), 422, "/problems/unreadable-file", 1),
    (ArtefactError("x"), 503, "/problems/unavailable", 1),
    (UpstreamError("x"), 502, "/problems/upstream", 1),
    (TriageError("x"), 500, "/problems/failed", 1),
])  # fmt: skip
def test_codes_follow_from_the_tree(error: TriageError, status: int, problem_type: str, exit_status: int) -> None:
    code = error_code(error)
    assert (code.status, code.type, code.exit_status) == (status, problem_type, exit_status)


def test_a_client_gets_the_class_back_from_the_type_or_else_from_the_status() -> None:
    for code in ERROR_CODES:
        assert error_class(code.type, 418) is code.error
    assert error_class("about:blank", 404) is NotFoundError
    assert error_class("about:blank", 409) is ConflictError
    assert error_class("about:blank", 422) is InvalidError
    assert error_class("/problems/of-a-later-version", 503) is UnavailableError
    assert error_class("about:blank", 418) is TriageError


def test_names_and_classes_stand_in_the_table_once() -> None:
    assert len({code.name for code in ERROR_CODES}) == len({code.error for code in ERROR_CODES}) == len(ERROR_CODES)
    assert issubclass(ColumnError, UnreadableFileError)
