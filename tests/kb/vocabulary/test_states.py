"""What states mean: by tool and language, numbers and qualifiers included."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.vocabulary.stage import Stage
from kb.vocabulary.states import plain_state, stage_of
from kb.vocabulary.tool import read_tools


@pytest.mark.parametrize(
    ("state", "stage"),
    [
        ("Completed", Stage.RESOLVED),
        ("__ Solved", Stage.RESOLVED),
        ("06 - Resolved", Stage.RESOLVED),
        ("CLOSED", Stage.CLOSED),
        ("geschlossen", Stage.CLOSED),
        ("erfolglos geschlossen", Stage.CLOSED),
        ("Clôturée", Stage.CLOSED),
        ("Solucionada", Stage.RESOLVED),
        ("Closed (Resolved)", Stage.CLOSED),
        ("Closed - Duplicate", Stage.CANCELLED),
        ("Not started", Stage.NEW),
        ("Por hacer", Stage.NEW),
        ("In_Progress", Stage.IN_PROGRESS),
        ("WorkInProgress", Stage.IN_PROGRESS),
        ("En cours de traitement par le fournisseur", Stage.IN_PROGRESS),
        ("Wieder geöffnet", Stage.IN_PROGRESS),
        ("Pending – Spare part", Stage.WAITING),
        ("Awaiting closure", Stage.WAITING),
        ("pending auto close-", Stage.WAITING),
        ("warten auf Lieferung", Stage.WAITING),
        ("ON-HOLD", Stage.WAITING),
        ("Storniert", Stage.CANCELLED),
        ("Brouillon", Stage.CANCELLED),
        ("Rechazada", Stage.CANCELLED),
        ("Ungelöst", Stage.NEW),
        ("Non résolu", Stage.NEW),
        ("No resuelto", Stage.NEW),
        ("À traiter", Stage.NEW),
        ("Pris en charge", Stage.IN_PROGRESS),
        ("Reopen", Stage.IN_PROGRESS),
        ("Feedback", Stage.WAITING),
        ("Ruht", Stage.WAITING),
        ("Beim Hersteller", Stage.WAITING),
        ("En validation", Stage.WAITING),
        ("zusammengefügt", Stage.CANCELLED),
        ("Clos sans suite", Stage.CANCELLED),
        ("Closed as duplicate", Stage.CANCELLED),
        ("With 3rd party", Stage.WAITING),
        ("Customer responded", Stage.IN_PROGRESS),
        ("Work completed", Stage.RESOLVED),
        ("À clôturer", Stage.WAITING),
        ("Cerrado por usuario", Stage.CLOSED),
        ("Geschlossen ohne Lösung", Stage.CLOSED),
    ],
)
def test_a_state_means_what_the_tools_mean_by_it(state: str, stage: Stage) -> None:
    assert stage_of(state) is stage


@pytest.mark.parametrize(
    "state", ["", "Lorem", "7", "Closed (no idea)", "Resolved - awaiting confirmation", "Gelöst?!?no"]
)
def test_what_is_not_known_for_certain_is_unknown(state: str) -> None:
    assert stage_of(state) is Stage.UNKNOWN


def test_a_number_means_what_its_tool_means_by_it() -> None:
    assert stage_of("3", "ServiceNow") is Stage.WAITING
    assert stage_of("4", "Freshservice") is Stage.RESOLVED
    assert stage_of("4", "GLPI") is Stage.WAITING
    assert stage_of("4") is Stage.UNKNOWN
    assert stage_of("44", "GLPI") is Stage.UNKNOWN


def test_no_two_tools_mean_by_a_word_that_it_teaches_and_that_it_does_not() -> None:
    meant: dict[str, set[tuple[bool, bool]]] = {}
    for tool in read_tools():
        for state, stage in tool.stages.items():
            if not plain_state(state).isdigit():
                meant.setdefault(plain_state(state), set()).add((stage.is_open, stage.is_finished))
    assert {state for state, kinds in meant.items() if len(kinds) > 1} == set()


def test_no_beginning_of_words_is_finished() -> None:
    beginnings = {name: stage for tool in read_tools() for name, stage in tool.stages.items() if name.endswith(" *")}
    assert beginnings
    assert not any(stage.is_finished for stage in beginnings.values())


@given(st.text())
def test_any_text_has_a_stage_whatever_its_case_and_signs(text: str) -> None:
    assert stage_of(f"*{text.casefold()}_") is stage_of(text.casefold())
