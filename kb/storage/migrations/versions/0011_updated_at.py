"""When the system that an incident comes from changed it last."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("incidents", sa.Column("updated_at", sa.DateTime(), nullable=True))
