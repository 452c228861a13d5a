"""The revision at which an incident was first written."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    with op.batch_alter_table("incidents", schema=None) as batch_op:
        batch_op.add_column(sa.Column("added", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute("UPDATE incidents SET added = revision")
