"""The error of a job has its parts, so that a reader can have it in another language; earlier ones stay in English."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    """Add the column."""
    op.add_column("jobs", sa.Column("error_wording", sa.JSON()))
