"""The queue knows when the targets of open incidents are used up; the board finds what was resolved lately."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.add_column("queue_entries", sa.Column("practice", sa.String(length=64), nullable=False, server_default=""))
    for name in ("clocked_at", "warns_at", "due_at", "breaches_at", "stage_since"):
        op.add_column("queue_entries", sa.Column(name, sa.DateTime()))
    op.add_column("queue_entries", sa.Column("measure", sa.String(length=20)))
    op.add_column("queue_entries", sa.Column("left_seconds", sa.Integer()))
    op.add_column("queue_entries", sa.Column("breach_probability", sa.Float()))
    op.create_index("ix_queue_entries_due_at", "queue_entries", ["due_at"])
    op.create_index("ix_incidents_resolved_at", "incidents", ["resolved_at"])
