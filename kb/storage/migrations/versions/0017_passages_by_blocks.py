"""Articles are cut into passages anew: what is plain text of Markdown is read from its blocks."""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.execute("DELETE FROM passages")
