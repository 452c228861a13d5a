"""What is said of errors: in the reader's language where the service gives the parts of its sentence."""

from __future__ import annotations

from collections.abc import Mapping

from app.desk.act_words import refused_undo_words
from app.desk.language import _, counted, is_source
from app.desk.limit_words import refusal_words
from app.desk.move_words import refused_move_words
from app.desk.texts import worded
from app.error_codes import error_code
from kb.records.act import RefusedUndo, UndoError
from kb.records.board import OverLimitError
from kb.records.incident_moves import IncidentMoveError
from kb.records.wording import Wording, wording_of
from models.errors import ConflictError, TriageError


class UndoneInPartError(ConflictError):
    """An act on many tickets was undone on `undone` of them; `refused` says by number why not on the others."""

    def __init__(self, undone: int, refused: Mapping[str, RefusedUndo]) -> None:
        super().__init__(f"undone on {undone}, not on {', '.join(refused)}")
        self.undone = undone
        self.refused = refused


def error_words(error: TriageError) -> str:
    """Return what an error says; where only English words are known, translated ones before them say what failed."""
    if isinstance(error, OverLimitError):
        return refusal_words(error.excesses)
    if isinstance(error, IncidentMoveError) and error.move is not None:
        return refused_move_words(error.move)
    if isinstance(error, UndoError):
        return refused_undo_words(error.refusal)
    if isinstance(error, UndoneInPartError):
        done = counted(error.undone, "Undone on {count} ticket.", "Undone on {count} tickets.")
        kept = [f"{number}: {refused_undo_words(refusal)}" for number, refusal in error.refused.items()]
        return " ".join([done, *kept])
    said = wording_of(error)
    if isinstance(said, Wording) or is_source():
        return worded(said)
    return f"{kind_words()[error_code(error).name]}: {said}"


def kind_words() -> dict[str, str]:
    """Return what did not work, by the name of the error's code."""
    return {
        "failed": _("The service failed"),
        "not-found": _("This does not exist, or no longer"),
        "conflict": _("This is not possible as things are"),
        "edit-conflict": _("Somebody changed it meanwhile"),
        "over-limit": _("There is no room"),
        "forbidden": _("This is not allowed"),
        "unauthenticated": _("The service does not know the key of this desk"),
        "rate-limit": _("Too much was asked of the service in a short time"),
        "invalid": _("Something that was entered cannot be used"),
        "unreadable-file": _("The file cannot be read"),
        "too-large": _("This is larger than the service takes"),
        "media-type": _("The service does not read this format"),
        "unavailable": _("Something that is needed is missing or busy"),
        "storage-full": _("The disk of the service is full or cannot be written"),
        "upstream": _("Another service does not answer as it should"),
    }
