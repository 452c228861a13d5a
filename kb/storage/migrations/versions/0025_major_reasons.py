"""Proposed major incidents say why, and can be merged and parted again."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.create_table(
        "major_reasons",
        sa.Column("lead", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("observed", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Float(), nullable=False),
        sa.Column("minutes", sa.Float(), nullable=False),
        sa.Column("usual_from", sa.DateTime(), nullable=False),
        sa.Column("usual", sa.JSON(), nullable=False),
        sa.Column("field", sa.String(length=200)),
        sa.Column("value", sa.Text()),
        sa.Column("criterion", sa.Text()),
        sa.PrimaryKeyConstraint("lead", name="pk_major_reasons"),
    )
    op.create_table(
        "major_merges",
        sa.Column("lead", sa.String(length=200), nullable=False),
        sa.Column("into", sa.String(length=200), nullable=False),
        sa.Column("by", sa.Text()),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("lead", name="pk_major_merges"),
    )
    op.create_index("ix_major_merges_into", "major_merges", ["into"])
    op.create_table(
        "major_separations",
        sa.Column("lead", sa.String(length=200), nullable=False),
        sa.Column("other", sa.String(length=200), nullable=False),
        sa.Column("by", sa.Text()),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("lead", "other", name="pk_major_separations"),
    )
