"""Logged vectors: reads the vectors of incidents logged in a span of time, in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice

import numpy as np
from sqlalchemy import select

from kb.records.incident import EXAMPLE_STATE
from kb.storage.incident_rows import stream
from kb.storage.incident_store import IncidentStore
from kb.storage.schema import embeddings, incidents
from models.encoder import Vectors

# vectors that are in memory at a time
_ROWS = 5_000


def logged_vectors(
    store: IncidentStore, earliest: datetime, latest: datetime
) -> Iterator[tuple[Sequence[str], Vectors]]:
    """Yield incidents logged from one moment to before another: numbers, and vectors (numbers, dimension)."""
    query = (
        select(incidents.c.number, incidents.c.text_sha256, embeddings.c.vector)
        .join_from(incidents, embeddings, incidents.c.text_sha256 == embeddings.c.text_sha256)
        .where(incidents.c.opened_at >= earliest, incidents.c.opened_at < latest)
        .where(incidents.c.state != EXAMPLE_STATE, embeddings.c.encoder == store.encoder.name)
        .order_by(incidents.c.opened_at, incidents.c.number)
    )
    rows = store.embeddings.with_vectors(stream(store.database, query), lambda _: None)
    while some := list(islice(rows, _ROWS)):
        yield [row.number for row, _ in some], np.stack([vector for _, vector in some]).astype(np.float32)
