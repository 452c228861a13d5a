"""Where an incident happened is a field; what stood among the further columns under that name moves there."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

_NAME = "location"


def upgrade() -> None:
    op.add_column("incidents", sa.Column(_NAME, sa.Text(), nullable=True))
    incidents = sa.table("incidents", sa.column("number"), sa.column("extra", sa.JSON()), sa.column(_NAME))
    connection = op.get_bind()
    named = sa.cast(incidents.c.extra, sa.Text()).contains(json.dumps(_NAME), autoescape=True)
    for row in connection.execute(sa.select(incidents.c.number, incidents.c.extra).where(named)).all():
        extra = dict(row.extra)
        if extra.get(_NAME):
            values = {_NAME: extra.pop(_NAME), "extra": extra}
            connection.execute(sa.update(incidents).where(incidents.c.number == row.number).values(values))
