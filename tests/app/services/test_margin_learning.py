"""Learning the margin from a store: clumps count, unless they were major incidents."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.composition import open_services
from app.services.margin_learning import learn_major_margin
from kb.records.incident import Incident
from triage.major_margin import UNLEARNT

BEGUN = datetime(2026, 3, 2, tzinfo=UTC)
KINDS = ("leaver form for a colleague", "new purchase order", "access to a folder is wanted", "vpn is down")


def history(**named: str) -> list[Incident]:
    """Three weeks of a printer that jams every hour, and a dozen people at once on every other day."""
    usual = [(BEGUN + timedelta(hours=hour), "printer jams") for hour in range(24 * 21)]
    clumps = [
        (BEGUN + timedelta(days=day, minutes=minute), KINDS[day // 2 % 4])
        for day in range(3, 21, 2)
        for minute in range(12)
    ]
    return [
        Incident(f"I{place}", text, opened_at=moment, state="resolved", extra=named if text in KINDS else {})
        for place, (moment, text) in enumerate(sorted([*usual, *clumps]))
    ]


@pytest.mark.parametrize(("named", "is_raised"), [({}, True), ({"major_incident": "Known"}, False)])
def test_the_margin_is_learnt_from_what_was_no_major_incident(
    tmp_path: Path, named: dict[str, str], *, is_raised: bool
) -> None:
    with open_services(tmp_path / "home") as services:
        learn_major_margin(services)
        assert services.margins.margins(1.0) == UNLEARNT
        services.store.put_incidents(history(**named))
        learn_major_margin(services)
        found, generous = services.margins.margins(1.0), services.margins.margins(3.0)
        assert (found.by_meaning > UNLEARNT.by_meaning) is is_raised
        assert found.by_meaning >= generous.by_meaning
        assert found.by_field == 0  # these have no group, category or service
