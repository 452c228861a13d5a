"""Entries of the queue repeat what lists and boards are narrowed and counted by; the queue is filled anew."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    stage = sa.Column("stage", sa.String(length=20), nullable=False, server_default="new")
    op.add_column("queue_entries", stage)
    for name in ("assignment_group", "service", "priority", "assigned_to"):
        op.add_column("queue_entries", sa.Column(name, sa.Text()))
    op.add_column("queue_entries", sa.Column("hops", sa.Integer(), nullable=False, server_default="0"))
    op.execute("DELETE FROM queue_entries")
    op.execute("UPDATE queue_position SET revision = 0")
