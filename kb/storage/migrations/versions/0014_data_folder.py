"""A data folder has an id, which models and weights carry, so that those of another organisation are refused."""

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0014"
# No migration was ever numbered 0013.
down_revision = "0012"


def upgrade() -> None:
    table = op.create_table(
        "data_folder",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("known_before", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_data_folder"),
    )
    op.bulk_insert(table, [{"id": uuid4().hex}])
