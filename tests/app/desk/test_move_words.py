"""What pages say of a move that is not allowed: every obstacle has its words, in each language."""

from __future__ import annotations

import httpx
import pytest
from babel import Locale

from app.client import Client
from app.desk import language
from app.desk.move_words import refused_move_words
from kb.records.incident_moves import IncidentMoveError, RefusedMove
from kb.vocabulary.moves import MoveObstacle
from kb.vocabulary.stage import Stage


def refused(obstacle: MoveObstacle) -> RefusedMove:
    return RefusedMove("I1", Stage.NEW, Stage.CLOSED, obstacle, (Stage.IN_PROGRESS, Stage.RESOLVED))


@pytest.mark.parametrize("obstacle", MoveObstacle)
def test_every_obstacle_has_its_words_in_every_language(
    obstacle: MoveObstacle, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = dict[str, str]()
    for name in ("en", "de", "fr"):
        monkeypatch.setattr(language, "_locale", lambda name=name: Locale(name))
        words[name] = refused_move_words(refused(obstacle))
    assert len(set(words.values())) == len(words)
    assert words["de"].startswith("I1 bleibt „Neu“.")


def test_a_refusal_says_why_and_where_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "_locale", lambda: Locale("en"))
    assert refused_move_words(refused(MoveObstacle.RESOLVE_FIRST)) == (
        "I1 stays “New”. It is resolved before it is closed, so that the caller can say whether it is. "
        "From here it goes to: in progress, resolved."
    )


def test_the_client_brings_the_refusal_as_values(monkeypatch: pytest.MonkeyPatch) -> None:
    body = {
        "type": "/problems/conflict",
        "title": "Conflict",
        "status": 409,
        "detail": "I1 cannot go from new to closed",
        "refused_move": {"number": "I1", "stage": "new", "to": "closed", "obstacle": "already", "moves": ["resolved"]},
    }
    answers = httpx.MockTransport(lambda _: httpx.Response(409, json=body))
    client = Client("http://service")
    monkeypatch.setattr(client, "_http", httpx.Client(base_url="http://service", transport=answers))
    with pytest.raises(IncidentMoveError, match="cannot go") as raised:
        client.move_incident("I1", "closed")
    assert raised.value.move == RefusedMove("I1", Stage.NEW, Stage.CLOSED, MoveObstacle.ALREADY, (Stage.RESOLVED,))
