"""Governance and merging of articles, roles, uses, flags, and what knowledge managers decided."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    with op.batch_alter_table("articles", schema=None) as batch_op:
        batch_op.add_column(sa.Column("governance", sa.String(length=20), nullable=False, server_default="experience"))
        batch_op.add_column(sa.Column("merged_into", sa.String(length=200), nullable=True))
    op.create_table(
        "people",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_people"),
    )
    op.create_table(
        "uses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("article", sa.String(length=200), nullable=True),
        sa.Column("number", sa.String(length=200), nullable=True),
        sa.Column("searched", sa.Text(), nullable=True),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_uses"),
    )
    op.create_table(
        "flags",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("article", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("number", sa.String(length=200), nullable=True),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name="fk_flags_article"),
        sa.PrimaryKeyConstraint("id", name="pk_flags"),
    )
    with op.batch_alter_table("uses", schema=None) as batch_op:
        batch_op.create_index("ix_uses_article", ["article"], unique=False)
        batch_op.create_index("ix_uses_number", ["number"], unique=False)
    with op.batch_alter_table("flags", schema=None) as batch_op:
        batch_op.create_index("ix_flags_article", ["article"], unique=False)
    op.create_table(
        "rulings",
        sa.Column("item", sa.String(length=240), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("item", name="pk_rulings"),
    )
    op.create_table(
        "gaps",
        sa.Column("id", sa.String(length=240), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("members", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_gaps"),
    )
    op.create_table(
        "findings",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name="pk_findings"),
    )
