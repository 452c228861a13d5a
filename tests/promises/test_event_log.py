"""Whatever is done to incidents, in whatever order: their events tell what they are."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.composition import Services, open_services
from app.services.incident_life import move_incident
from app.services.outcomes import record_outcome
from kb.records.errors import UnknownRecordError
from kb.records.feedback import Feedback
from kb.records.incident import Incident
from kb.records.incident_changes import tracked_values
from kb.records.incident_history import hops, replayed, value_changes
from kb.records.life_cycle import IllegalMoveError
from kb.records.outcome import Outcome, OutcomeKind
from kb.storage.import_log import NoSuchImportError
from kb.vocabulary.stage import Stage
from triage.corrections import teach

START = datetime(2026, 11, 1, tzinfo=UTC)
Act = Callable[[Services, str], object]

moments = st.one_of(st.none(), st.integers(0, 500).map(lambda hours: START + timedelta(hours=hours)))
groups = st.sampled_from([None, "Desk", "Network", "Mail"])
values = st.sampled_from([None, "1", "2", "3"])
records = st.fixed_dictionaries(
    {
        "state": st.sampled_from(["new", "assigned", "in progress", "pending", "resolved", "closed", "who knows", ""]),
        "assignment_group": groups,
        "assigned_to": st.sampled_from([None, "ada", "bob"]),
        "priority": values,
        "category": values,
        "opened_at": moments,
        "assigned_at": moments,
        "resolved_at": moments,
        "closed_at": moments,
        "updated_at": moments,
        "reassignment_count": st.sampled_from([None, 0, 2]),
    }
)


def write(fields: dict[str, Any]) -> Act:
    return lambda services, number: services.store.put_incidents([Incident(number, "no mail", **fields)])


def load(fields: dict[str, Any]) -> Act:
    return lambda services, number: services.store.put_incidents(
        [Incident(number, "no mail", **fields)], imported=services.store.imports.begin("export.csv")
    )


def undo(_: None) -> Act:
    def act(services: Services, number: str) -> None:
        newest = services.store.imports.all()
        services.store.imports.undo(newest[0].id if newest else 0)

    return act


def correct(drawn: tuple[str, str]) -> Act:
    field, value = drawn
    decision = Feedback(field, value, datetime.now(UTC), suggested="another", by="ada")
    return lambda services, number: teach(services.store, replace(decision, number=number), None)


def come_out(drawn: tuple[OutcomeKind, str, datetime | None]) -> Act:
    kind, group, at = drawn
    value = group if kind is OutcomeKind.REASSIGNED else None
    return lambda services, number: record_outcome(
        services, Outcome(number, kind, at or datetime.now(UTC), value, "bob"), resolution=None
    )


def move(stage: Stage) -> Act:
    return lambda services, number: move_incident(services, number, stage, by="ada", note="a note")


def explain(stage: Stage | None) -> Act:
    return lambda services, number: services.store.states.tell({"who knows": stage})


acts = st.one_of(
    records.map(write),
    records.map(load),
    st.none().map(undo),
    st.tuples(st.sampled_from(["priority", "category", "assignment_group"]), st.sampled_from("123")).map(correct),
    st.tuples(
        st.sampled_from([OutcomeKind.CLOSED, OutcomeKind.REOPENED, OutcomeKind.REASSIGNED]),
        st.sampled_from(["Desk", "Network"]),
        moments,
    ).map(come_out),
    st.sampled_from(list(Stage)).map(move),
    st.sampled_from([Stage.WAITING, Stage.RESOLVED, None]).map(explain),
)


@pytest.fixture(params=["sqlite", "postgresql"])
def home(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    if request.param == "postgresql":
        monkeypatch.setenv("TRIAGE_DATABASE_URL", request.getfixturevalue("new_postgresql_database")())
    return tmp_path / "home"


def check(services: Services, number: str) -> None:
    events = services.store.events.of(number)
    told = {name: value for name, value in replayed(events).items() if value}
    try:
        there = tracked_values(services.store.incident(number))
    except UnknownRecordError:
        there = {}
    assert {name: told.get(name) for name in there} == {name: value or None for name, value in there.items()}
    if not there:
        assert not told
    groups = [change.value for change in value_changes(events, "assignment_group")]
    assert hops(events) <= max(len(groups) - 1, 0)
    recorded = [event.recorded_at for event in events]
    assert recorded == sorted(recorded)


def numbers() -> Iterator[str]:
    return (f"INC{count}" for count in itertools.count())


def test_replaying_the_log_gives_the_record(home: Path) -> None:
    fresh, done = numbers(), list[str]()

    with open_services(home) as services:

        @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
        @given(st.lists(acts, min_size=1, max_size=12))
        def leaves_a_log_that_tells_the_record(doing: list[Act]) -> None:
            number = next(fresh)
            done.append(number)
            for act in doing:
                with suppress(UnknownRecordError, IllegalMoveError, NoSuchImportError):
                    act(services, number)
                check(services, number)

        leaves_a_log_that_tells_the_record()
    assert len(done) > 30
    with open_services(home) as services:
        for number in done:
            check(services, number)
