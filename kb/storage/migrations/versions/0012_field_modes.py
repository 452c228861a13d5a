"""What is done with suggestions on each field; until now that stood in a file, which is taken over at its opening."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "field_modes",
        sa.Column("field", sa.String(length=200), nullable=False),
        sa.Column("mode", sa.String(length=20), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=True),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("notice", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("field", name="pk_field_modes"),
    )
