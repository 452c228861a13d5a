"""What feedback was about, and when it was written, so that refusals can be followed."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.add_column(sa.Column("text_sha256", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("revision", sa.BigInteger(), nullable=False, server_default="0"))
        batch_op.create_index("ix_feedback_revision", ["revision"], unique=False)
