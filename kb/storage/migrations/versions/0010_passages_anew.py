"""Articles are cut into passages anew: an article's beginning is one of them."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.execute("DELETE FROM passages")
