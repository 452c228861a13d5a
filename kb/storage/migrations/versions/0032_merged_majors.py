"""A major incident that was merged keeps which one it was merged into, also where that one was merged later."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    op.add_column("major_merges", sa.Column("parent", sa.String(length=200)))
