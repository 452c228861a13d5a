"""A notification is known by its person, not by the address: a changed address brings nothing anew."""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"

_AT_A_TIME = 1000


def upgrade() -> None:
    """Give each row the key that the same notification would have now; of several the first one keeps it."""
    table = sa.table("notifications", *map(sa.column, ("id", "key", "rule", "cause", "step", "channel", "name")))
    connection, last = op.get_bind(), ""
    known = set(connection.execute(sa.select(table.c.key)).scalars())
    query = sa.select(table).order_by(table.c.id).limit(_AT_A_TIME)
    while rows := connection.execute(query.where(table.c.id > last)).all():
        last, keys = rows[-1].id, list[dict[str, str]]()
        for row in rows:
            said = (row.rule, row.cause, str(row.step), row.channel, row.name.casefold())
            key = hashlib.sha256("\n".join(said).encode()).hexdigest()
            if key not in known:
                known.add(key)
                keys.append({"of": row.id, "to": key})
        change = sa.update(table).where(table.c.id == sa.bindparam("of")).values(key=sa.bindparam("to"))
        if keys:
            connection.execute(change, keys)
