"""What a state means is kept beside it, and what the organisation says that states mean.

Until now every state but nine counted as resolved. What is not known to be finished teaches no longer; the log says
how many incidents that concerns, by state.
"""

import logging
from collections import Counter

import sqlalchemy as sa
from alembic import op

from kb.records.incident import Incident
from kb.vocabulary.stage import FINISHED

revision = "0016"
down_revision = "0015"

_OPEN_BEFORE = frozenset(
    {"new", "open", "assigned", "in progress", "pending", "on hold", "waiting", "reopened", "active"}
)
_NUMBERS_A_QUERY = 500
_log = logging.getLogger(__name__)


def upgrade() -> None:
    op.create_table(
        "state_meanings",
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("stage", sa.String(20), nullable=False),
        sa.Column("by", sa.Text()),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_state_meanings"),
    )
    op.add_column("incidents", sa.Column("stage", sa.String(20), nullable=False, server_default="unknown"))
    _read_states()
    op.create_index("ix_incidents_stage", "incidents", ["stage"])


def _read_states() -> None:
    """Give every incident its stage; those that taught and teach no longer get a new revision."""
    table = sa.table(
        "incidents",
        *map(sa.column, ("number", "state", "stage", "revision")),
        sa.column("resolved_at", sa.DateTime()),
        sa.column("closed_at", sa.DateTime()),
        sa.column("extra", sa.JSON()),
    )
    clock = sa.table("clock", sa.column("revision"))
    connection = op.get_bind()
    numbers: dict[tuple[str, bool], list[str]] = {}
    states: Counter[str] = Counter()
    for row in connection.execute(sa.select(table)):
        stage = Incident(
            row.number, state=row.state, resolved_at=row.resolved_at, closed_at=row.closed_at, extra=row.extra
        ).stage
        is_lost = stage not in FINISHED and row.state.strip().lower() not in _OPEN_BEFORE
        states[row.state] += is_lost
        numbers.setdefault((stage.value, is_lost), []).append(row.number)
    if states.total():
        connection.execute(sa.update(clock).values(revision=clock.c.revision + 1))
    newest = sa.select(clock.c.revision).scalar_subquery()
    for (stage_name, is_lost), some in numbers.items():
        for start in range(0, len(some), _NUMBERS_A_QUERY):
            change = sa.update(table).where(table.c.number.in_(some[start : start + _NUMBERS_A_QUERY]))
            connection.execute(change.values(stage=stage_name, **({"revision": newest} if is_lost else {})))
    if states.total():
        most = [(state[:40] or "no state", count) for state, count in states.most_common(10) if count]
        listed = ", ".join(f"{state} ({count:,})" for state, count in most)
        _log.warning(
            "%d incidents counted as resolved and teach no longer, since their states are not known to be finished: "
            "%s; say what a state means with: triage states set STATE STAGE",
            states.total(),
            listed,
        )
