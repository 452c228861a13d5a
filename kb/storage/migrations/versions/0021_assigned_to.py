"""The person who works on an incident is a field; what stood among the further columns under its names moves there."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

_NAME = "assigned_to"
_COLUMNS = (_NAME, "Assigned to", "Assigned To", "Assignee", "assignee")


def upgrade() -> None:
    op.add_column("incidents", sa.Column(_NAME, sa.Text(), nullable=True))
    incidents = sa.table("incidents", sa.column("number"), sa.column("extra", sa.JSON()), sa.column(_NAME))
    connection = op.get_bind()
    extra = sa.cast(incidents.c.extra, sa.Text())
    named = sa.or_(*(extra.contains(json.dumps(column), autoescape=True) for column in _COLUMNS))
    for row in connection.execute(sa.select(incidents.c.number, incidents.c.extra).where(named)).all():
        column = next((column for column in _COLUMNS if row.extra.get(column)), None)
        if column is not None:
            further = {name: value for name, value in row.extra.items() if name != column}
            values = {_NAME: row.extra[column], "extra": further}
            connection.execute(sa.update(incidents).where(incidents.c.number == row.number).values(values))
