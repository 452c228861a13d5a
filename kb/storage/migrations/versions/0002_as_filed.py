"""Texts that incidents were filed with."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    with op.batch_alter_table("incidents", schema=None) as batch_op:
        batch_op.add_column(sa.Column("filed_short_description", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("filed_description", sa.Text(), nullable=True))
