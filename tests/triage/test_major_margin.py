"""The margin of the detection: how it follows from the clumps in which reports came."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydantic import TypeAdapter

from app.composition import open_services
from models.bursts import Burst
from models.encoder import Vectors
from models.state_file import StateFile
from triage.major_detection import (
    GROUPED,
    NOBODY,
    DetectionSettings,
    Group,
    Margins,
    RecentReports,
    UnusualReports,
)
from triage.major_margin import MARGIN, UNLEARNT, Clump, ClumpLog, learnt_margins

HOUR, DAY = 3600.0, 86_400.0
WEEK = 7 * DAY


def clumps(*peaks: float, every: float = DAY) -> list[Clump]:
    return [Clump(place * every, peak) for place, peak in enumerate(peaks)]


def by_field(*peaks: float) -> list[Clump]:
    return [Clump(place * DAY, 0.0, peak) for place, peak in enumerate(peaks)]


@pytest.mark.parametrize(("budget", "above"), [(1.0, 3), (2.0, 6)])
def test_the_past_would_have_brought_no_more_than_the_budget(budget: float, above: int) -> None:
    past = clumps(*(6 + place / 5 for place in range(28)))
    found = learnt_margins(past, since=0.0, until=4 * WEEK, budget=budget).by_meaning
    assert sum(one.peak > found for one in past) == above


def test_groups_by_field_have_a_margin_from_their_own_clumps_and_a_part_of_the_budget() -> None:
    past = by_field(*(place / 5 for place in range(28)))
    found = learnt_margins(past, since=0.0, until=4 * WEEK, budget=4.0)
    assert sum(one.by_field > found.by_field for one in past) == 4
    assert found.by_meaning == MARGIN.least
    steady = learnt_margins(clumps(*range(6, 34)), since=0.0, until=4 * WEEK, budget=1.0)
    assert steady.by_field == 0 < MARGIN.least < steady.by_meaning


def test_most_unusual_is_whatever_is_above_its_own_margin() -> None:
    field, meaning = unusual(6.0, Group("service", "Mail")), unusual(8.0, Group(radius=0.6))
    assert Margins(by_field=5, by_meaning=9).most_unusual([field, meaning]) is field
    assert Margins(by_field=5, by_meaning=7).most_unusual([field, meaning]) is meaning
    assert Margins(by_field=6, by_meaning=8).most_unusual([field, meaning]) is None
    assert Margins().most_unusual([]) is None


def unusual(excess: float, group: Group) -> UnusualReports:
    return UnusualReports(group, (0,), Burst(), excess, np.ones(168))


def test_a_desk_whose_reports_come_one_by_one_or_whose_history_is_short_has_the_least_margin() -> None:
    least = Margins(MARGIN.least_by_field, MARGIN.least)
    assert learnt_margins([], since=0.0, until=8 * WEEK, budget=1.0) == least
    assert learnt_margins(clumps(30, 20), since=0.0, until=8 * WEEK, budget=1.0) == least
    assert learnt_margins(clumps(30, 20, 25), since=0.0, until=3 * DAY, budget=1.0) == UNLEARNT


def test_reports_of_one_service_that_say_different_things_are_one_clump_by_field() -> None:
    reports, is_clump = stream(clumped=True)
    others = np.linalg.qr(np.random.default_rng(1).normal(size=(32, 32)))[0].astype(np.float32)
    reports.vectors[is_clump] = others[np.arange(is_clump.sum()) % 32]
    reports.values["service"][is_clump] = "Mail"
    found = read(reports, np.zeros(len(is_clump), dtype=bool))
    assert [round(one.begun / DAY) for one in found][:4] == [3, 6, 9, 12]
    assert max(one.peak for one in found) == 0 < max(one.by_field for one in found)


def test_where_the_budget_is_less_than_was_seen_the_margin_lies_beyond_and_is_bounded() -> None:
    past = clumps(*(5.5 + place / 10 for place in range(11)), every=DAY / 2)
    small, smaller, none = (
        learnt_margins(past, since=0.0, until=WEEK, budget=budget).by_meaning for budget in (0.5, 0.1, 1e-9)
    )
    assert max(one.peak for one in past) < small < smaller < none == MARGIN.most


def test_only_the_last_eight_weeks_count() -> None:
    past = [*clumps(*[35.0] * 20), *(Clump(10 * WEEK + place * DAY, 8.0) for place in range(20))]
    assert learnt_margins(past, since=0.0, until=13 * WEEK, budget=1.0).by_meaning == 8.0


def stream(*, clumped: bool) -> tuple[RecentReports, np.ndarray]:
    """Four weeks of reports of twenty kinds, one every half hour, and with `clumped` twelve at once every third day."""
    chance = np.random.default_rng(0)
    kinds = np.linalg.qr(chance.normal(size=(32, 32)))[0].astype(np.float32)
    dated = [(HOUR / 2 * place, place % 20, 0) for place in range(28 * 48)]
    if clumped:
        dated += [(DAY * day + 60.0 * place, 20 + day % 10, 1) for day in range(3, 28, 3) for place in range(12)]
    dated.sort()
    vectors: Vectors = kinds[[kind for _, kind, _ in dated]]
    reports = RecentReports(
        np.array([moment for moment, _, _ in dated]),
        vectors,
        np.full(len(dated), NOBODY),
        {name: np.full(len(dated), "", dtype=object) for name in GROUPED},
        np.ones(len(dated), dtype=bool),
    )
    return reports, np.array([part for *_, part in dated], dtype=bool)


def read(reports: RecentReports, left_out: np.ndarray) -> list[Clump]:
    log = ClumpLog(reports, left_out, DetectionSettings())
    log.begin(28 * DAY)
    log.read_until(14 * DAY)
    log.read_until(28 * DAY)
    return log.clumps


def test_each_clump_is_one_and_those_of_known_major_incidents_are_none() -> None:
    reports, is_clump = stream(clumped=True)
    nobody = np.zeros(len(is_clump), dtype=bool)
    found = read(reports, nobody)
    assert [round(one.begun / DAY) for one in found] == list(range(3, 28, 3))
    assert min(one.peak for one in found) > MARGIN.least
    assert read(reports, is_clump) == []
    assert read(stream(clumped=False)[0], np.zeros(28 * 48, dtype=bool)) == []


def test_the_margins_of_a_folder_serve_there_only_and_a_damaged_file_is_named(tmp_path: Path) -> None:
    past = [*clumps(*range(6, 34)), *by_field(*range(1, 29))]
    with open_services(tmp_path / "one") as services:
        assert services.margins.margins(1.0) == UNLEARNT
        services.margins.put(past, since=0.0, until=4 * WEEK)
        assert services.margins.margins(1.0) == learnt_margins(past, since=0.0, until=4 * WEEK, budget=1.0)
        kept = (tmp_path / "one" / "models" / "clumps.json").read_bytes()
        assert services.margins.warning is None
    with open_services(tmp_path / "other") as services:
        (tmp_path / "other" / "models").mkdir(exist_ok=True)
        (tmp_path / "other" / "models" / "clumps.json").write_bytes(kept)
        assert services.margins.margins(1.0) == UNLEARNT
        assert any("another data folder" in warning for warning in services.warnings())


def test_a_file_of_an_earlier_version_says_nothing_of_groups_by_field(tmp_path: Path) -> None:
    with open_services(tmp_path / "home") as services:
        services.margins.put(clumps(*range(6, 34)), since=0.0, until=4 * WEEK)
    file = StateFile(
        tmp_path / "home" / "models" / "clumps.json", TypeAdapter(dict[str, object]), empty={}, remedy="delete it"
    )
    file.update(lambda kept: {name: value for name, value in kept.items() if name != "by_field"})
    with open_services(tmp_path / "home") as services:
        found = services.margins.margins(1.0)
    assert found.by_field == UNLEARNT.by_field
    assert found.by_meaning > UNLEARNT.by_meaning
