"""Kept answers say what was called, so that those that name an incident can be found."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    op.add_column("idempotent_answers", sa.Column("address", sa.Text()))
