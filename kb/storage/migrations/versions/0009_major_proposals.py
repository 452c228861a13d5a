"""Major incidents that were proposed."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "major_proposals",
        sa.Column("number", sa.String(length=200), nullable=False),
        sa.Column("lead", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_major_proposals"),
    )
    op.create_index("ix_major_proposals_lead", "major_proposals", ["lead"])
    op.create_index("ix_incidents_opened_at", "incidents", ["opened_at"])
