"""What people did in the queue can be undone, and what they taught withdrawn.

The queue follows what is taught from now on.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.create_table(
        "acts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("by", sa.Text()),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("undone_at", sa.DateTime()),
        sa.Column("undone_by", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_acts"),
    )
    op.create_index("ix_acts_number", "acts", ["number"])
    op.add_column("feedback", sa.Column("act", sa.Integer()))
    op.add_column("feedback", sa.Column("before", sa.JSON()))
    op.add_column("feedback", sa.Column("withdrawn_at", sa.DateTime()))
    op.create_index("ix_feedback_act", "feedback", ["act"])
    op.add_column("queue_position", sa.Column("taught", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute("UPDATE queue_position SET taught = (SELECT revision FROM clock)")
