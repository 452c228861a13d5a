"""What happens to incidents is logged; those that are there get the events that their columns tell."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from kb.records.incident import Incident
from kb.records.incident_changes import events_of_new
from kb.records.incident_event import EventSource, Origin
from kb.storage.append_only import make_append_only
from kb.vocabulary.stage import Stage

revision = "0022"
down_revision = "0021"

_ROWS_A_STEP = 2_000
_INSTANTS = ("opened_at", "assigned_at", "resolved_at", "closed_at", "updated_at")
_TEXTS = ("number", "state", "reassignment_count", "assignment_group", "category", "subcategory", "service")
_FURTHER = ("configuration_item", "location", "impact", "urgency", "priority", "assigned_to")


def upgrade() -> None:
    events = op.create_table(
        "incident_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("happened_at", sa.DateTime(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("by", sa.Text()),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("digest", sa.String(length=64)),
        sa.PrimaryKeyConstraint("id", name="pk_incident_events"),
    )
    op.create_index("ix_incident_events_number", "incident_events", ["number", "id"])
    op.create_index("ix_incident_events_happened_at", "incident_events", ["happened_at"])
    op.create_index("ix_incident_events_digest", "incident_events", ["digest"], unique=True)
    _log_history(events)
    make_append_only(op.get_bind(), "incident_events")


def _log_history(events: sa.Table) -> None:
    """Log of every incident what its columns tell."""
    names = (*_TEXTS, *_FURTHER, "stage")
    dates: list[sa.ColumnClause[Any]] = [sa.column(name, sa.DateTime()) for name in _INSTANTS]
    columns: list[sa.ColumnClause[Any]] = [*map(sa.column, names), *dates, sa.column("extra", sa.JSON())]
    query = sa.select(*columns).select_from(sa.table("incidents")).order_by(sa.column("number"))
    connection, now = op.get_bind(), datetime.now(UTC)
    rows = connection.execute(query).all()
    for start in range(0, len(rows), _ROWS_A_STEP):
        told = [
            {
                "number": event.number,
                "kind": event.kind.value,
                "happened_at": event.happened_at.replace(tzinfo=None),
                "recorded_at": now.replace(tzinfo=None),
                "by": None,
                "before": dict(event.before),
                "after": dict(event.after),
                "source": event.source.value,
            }
            for row in rows[start : start + _ROWS_A_STEP]
            for event in events_of_new(_incident(row, (*names, *_INSTANTS)), Origin(EventSource.IMPORT), now)
        ]
        if told:
            connection.execute(sa.insert(events), told)


def _incident(row: sa.Row[Any], names: tuple[str, ...]) -> Incident:
    values = {name: getattr(row, name) for name in names}
    dated = {name: moment and moment.replace(tzinfo=UTC) for name in _INSTANTS for moment in [values[name]]}
    return Incident(**{**values, **dated, "stage": Stage(row.stage)}, extra=row.extra)
