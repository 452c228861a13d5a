from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.composition import open_services
from app.sample.security import GROUP, LEAD, NUMBER, sample_security_incident
from kb.records.errors import UnknownRecordError
from kb.records.security import NOBODY, Viewer

NOW = datetime(2026, 10, 30, 9, 30, tzinfo=UTC)


def test_the_sample_has_one_restricted_incident_that_its_group_sees(tmp_path: Path) -> None:
    with open_services(tmp_path) as services:
        for _ in range(2):
            sample_security_incident(services, NOW)
        store = services.store.restricted
        assert (store.counts().total, store.counts().still_open) == (1, 1)
        for viewer in (Viewer(LEAD), Viewer("anybody", frozenset({GROUP})), Viewer(None, frozenset({GROUP}))):
            assert store.get(NUMBER, viewer).incident.short_description == "Laptop stolen on the train"
        with pytest.raises(UnknownRecordError):
            store.get(NUMBER, NOBODY)
        with pytest.raises(UnknownRecordError):
            services.store.incident(NUMBER)
