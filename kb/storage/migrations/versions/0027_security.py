"""Restricted incidents stand in a table of their own; people and keys have named groups."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.create_table(
        "restricted_incidents",
        sa.Column("number", sa.String(length=200), nullable=False),
        sa.Column("incident", sa.JSON(), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("severity", sa.String(length=20), nullable=False),
        sa.Column("tlp", sa.String(length=20), nullable=False),
        sa.Column("people", sa.JSON(), nullable=False),
        sa.Column("groups", sa.JSON(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("by", sa.Text()),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_restricted_incidents"),
    )
    op.add_column("people", sa.Column("groups", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("api_keys", sa.Column("groups", sa.JSON(), nullable=False, server_default="[]"))
