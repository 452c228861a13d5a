"""The queue of open incidents; it is filled at its first reading, from revision 0 on."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.create_table(
        "queue_entries",
        sa.Column("number", sa.String(length=200), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("need", sa.Integer(), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.Column("model", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_queue_entries"),
    )
    op.create_index("ix_queue_entries_order", "queue_entries", ["need", "urgency", "since", "number"])
    position = op.create_table(
        "queue_position",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_queue_position"),
    )
    op.bulk_insert(position, [{"id": 1, "revision": 0}])
