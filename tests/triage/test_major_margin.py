"""The margin of the detection: how it follows from the clumps in which reports came."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.composition import open_services
from models.encoder import Vectors
from triage.major_detection import GROUPED, NOBODY, DetectionSettings, RecentReports
from triage.major_margin import MARGIN, Clump, ClumpLog, margin

HOUR, DAY = 3600.0, 86_400.0
WEEK = 7 * DAY


def clumps(*peaks: float, every: float = DAY) -> list[Clump]:
    return [Clump(place * every, peak) for place, peak in enumerate(peaks)]


@pytest.mark.parametrize(("budget", "above"), [(1.0, 4), (2.0, 8)])
def test_the_past_would_have_brought_no_more_than_the_budget(budget: float, above: int) -> None:
    past = clumps(*(6 + place / 5 for place in range(28)))
    found = margin(past, since=0.0, until=4 * WEEK, budget=budget)
    assert sum(one.peak > found for one in past) == above


def test_a_desk_whose_reports_come_one_by_one_or_whose_history_is_short_has_the_least_margin() -> None:
    assert margin([], since=0.0, until=8 * WEEK, budget=1.0) == MARGIN.least
    assert margin(clumps(30, 20), since=0.0, until=8 * WEEK, budget=1.0) == MARGIN.least
    assert margin(clumps(30, 20, 25), since=0.0, until=3 * DAY, budget=1.0) == MARGIN.least


def test_where_the_budget_is_less_than_was_seen_the_margin_lies_beyond_and_is_bounded() -> None:
    past = clumps(*(5.5 + place / 10 for place in range(11)), every=DAY / 2)
    small, smaller, none = (margin(past, since=0.0, until=WEEK, budget=budget) for budget in (0.5, 0.1, 1e-9))
    assert max(one.peak for one in past) < small < smaller < none == MARGIN.most


def test_only_the_last_eight_weeks_count() -> None:
    past = [*clumps(*[35.0] * 20), *(Clump(10 * WEEK + place * DAY, 8.0) for place in range(20))]
    assert margin(past, since=0.0, until=13 * WEEK, budget=1.0) == 8.0


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


def test_the_margin_of_a_folder_serves_there_only_and_a_damaged_file_is_named(tmp_path: Path) -> None:
    with open_services(tmp_path / "one") as services:
        assert services.margins.margin(1.0) == MARGIN.least
        services.margins.put(clumps(*range(6, 34)), since=0.0, until=4 * WEEK)
        assert services.margins.margin(1.0) == margin(clumps(*range(6, 34)), since=0.0, until=4 * WEEK, budget=1.0)
        kept = (tmp_path / "one" / "models" / "clumps.json").read_bytes()
        assert services.margins.warning is None
    with open_services(tmp_path / "other") as services:
        (tmp_path / "other" / "models").mkdir(exist_ok=True)
        (tmp_path / "other" / "models" / "clumps.json").write_bytes(kept)
        assert services.margins.margin(1.0) == MARGIN.least
        assert any("another data folder" in warning for warning in services.warnings())
