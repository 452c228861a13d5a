"""What pages say of an act that was not done: every obstacle has its words, in each language."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from babel import Locale

from app.desk import language
from app.desk.act_words import refused_act_words, refused_undo_words
from kb.records.act import ActObstacle, RefusedAct, RefusedUndo, UndoObstacle
from kb.vocabulary.stage import Stage


@pytest.mark.parametrize("obstacle", ActObstacle)
def test_every_obstacle_has_its_words_in_every_language(obstacle: ActObstacle, monkeypatch: pytest.MonkeyPatch) -> None:
    value = Stage.CLOSED.value if obstacle is ActObstacle.NOT_OPEN else "V"
    words = set[str]()
    for name in ("en", "de", "fr"):
        monkeypatch.setattr(language, "_locale", lambda name=name: Locale(name))
        words.add(refused_act_words(RefusedAct(obstacle, "assignment_group", value)))
    assert len(words) == 3


def test_a_refusal_names_the_field_and_the_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "_locale", lambda: Locale("de"))
    changed = RefusedAct(ActObstacle.VALUE_CHANGED, "priority", "4 - Low")
    assert refused_act_words(changed) == "Priorität ist jetzt „4 - Low“"
    assert refused_act_words(RefusedAct(ActObstacle.NOT_OPEN, value="closed")) == "es ist bereits „Geschlossen“"


@pytest.mark.parametrize("obstacle", UndoObstacle)
def test_every_reason_not_to_undo_has_its_words_in_every_language(
    obstacle: UndoObstacle, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = set[str]()
    for name in ("en", "de", "fr"):
        monkeypatch.setattr(language, "_locale", lambda name=name: Locale(name))
        words.add(refused_undo_words(RefusedUndo(obstacle, "assignment_group")))
    assert len(words) == 3


def test_why_an_undo_is_refused_is_said_with_who_and_when(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "_locale", lambda: Locale("de"))
    at = datetime(2026, 3, 2, 9, 5, tzinfo=UTC)
    since = refused_undo_words(RefusedUndo(UndoObstacle.CHANGED_SINCE, "priority", "cy", at))
    assert (
        since
        == "Nicht rückgängig gemacht: Priorität wurde inzwischen geändert (02.03.26, 09:05, cy). Sehen Sie erst nach."
    )
    undone = refused_undo_words(RefusedUndo(UndoObstacle.UNDONE_ALREADY, at=at))
    assert undone == "Nicht rückgängig gemacht: Das ist bereits geschehen (02.03.26, 09:05)."
