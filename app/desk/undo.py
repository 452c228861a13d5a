"""Undo: of acts by their ids, and of changes to a record that nobody has changed since."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from app.desk.error_words import UndoneInPartError
from app.desk.shell import service
from app.desk.visitor import person
from kb.records.act import RefusedUndo, UndoError, UndoObstacle
from kb.records.errors import EditConflictError


def undo_acts(ids: Iterable[str]) -> None:
    """Undo acts; one that this person undid before stays undone, as where the answer to that was lost."""
    for key in ids:
        try:
            service().undo(key, by=person())
        except UndoError as error:
            if error.refusal.obstacle is not UndoObstacle.UNDONE_ALREADY or error.refusal.by != person():
                raise


def undo_on_many(acts: Mapping[str, str]) -> None:
    """Undo an act on each of many tickets, by number and id; each apart.

    Raises UndoneInPartError where some are left as they are, and for a single ticket what its undo raises.
    """
    if len(acts) == 1:
        undo_acts(acts.values())
        return
    refused = dict[str, RefusedUndo]()
    for number, key in acts.items():
        try:
            undo_acts([key])
        except UndoError as error:
            refused[number] = error.refusal
    if refused:
        raise UndoneInPartError(len(acts) - len(refused), refused)


def put_back(what: str, change: Callable[[], object]) -> None:
    """Put a record back by a change to the version that was saved; raises UndoError where it has another one by now."""
    try:
        change()
    except EditConflictError as error:
        raise UndoError(str(error), RefusedUndo(UndoObstacle.CHANGED_SINCE, what)) from error
