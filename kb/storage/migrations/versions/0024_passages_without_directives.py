"""Articles are cut into passages anew: the marks of a directive are no words of an article."""

from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.execute("DELETE FROM passages")
