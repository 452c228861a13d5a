"""What is said of an act that was not done, or not undone."""

from __future__ import annotations

from app.desk.language import _, date_and_time, in_sentence
from app.desk.stage_words import stage_name
from app.desk.texts import title_of
from kb.records.act import ActObstacle, RefusedAct, RefusedUndo, UndoObstacle
from kb.vocabulary.stage import Stage


def refused_act_words(act: RefusedAct) -> str:
    """Return why an act was not done, in words that belong inside a sentence."""
    value = act.value or ""
    if act.obstacle is ActObstacle.NOT_OPEN:
        value = stage_name(Stage(value))
    if act.obstacle is ActObstacle.VALUE_CHANGED and not value:
        value = _("empty")
    words = {
        ActObstacle.UNKNOWN_INCIDENT: _("the ticket does not exist"),
        ActObstacle.UNKNOWN_ARTICLE: _("the article {value} does not exist"),
        ActObstacle.VALUE_CHANGED: _("{field} is “{value}” now"),
        ActObstacle.NO_SUGGESTION: _("nothing is suggested for {field} any more; choose a value"),
        ActObstacle.OTHER_SUGGESTION: _("“{value}” is suggested for {field} now"),
        ActObstacle.UNKNOWN_VALUE: _("{field} does not have the value “{value}”"),
        ActObstacle.NOT_OPEN: _("it is already “{value}”"),
    }[act.obstacle]
    return words.format(field=in_sentence(title_of(act.field)) if act.field else "", value=value)


def refused_undo_words(undo: RefusedUndo) -> str:
    """Return why an act was not undone, as a sentence."""
    words = {
        UndoObstacle.UNDONE_ALREADY: _("Not undone: it was undone already{who}."),
        UndoObstacle.CHANGED_SINCE: _("Not undone: {field} has been changed since{who}. Look at it first."),
    }[undo.obstacle]
    known = ", ".join(filter(None, (date_and_time(undo.at) if undo.at else None, undo.by)))
    return words.format(field=in_sentence(title_of(undo.field or "")), who=f" ({known})" if known else "")
