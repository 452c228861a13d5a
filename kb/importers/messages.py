"""Messages: reads files with a row for each message of a ticket; only the caller's first says what happened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from kb.importers.tables import Row
from kb.records.columns import Mapped
from kb.records.rejects import Reject, RejectKind
from kb.records.wording import Wording
from kb.vocabulary.column_name import name_key


def opening_messages(rows: Iterable[Row | Reject], mapped: Mapped) -> Iterator[Row | Reject]:
    """Yield one row for each ticket: the first that its caller wrote.

    Where tickets have several messages, a ticket with messages of agents only keeps its first row without the text. A
    note says how many messages were left out. Rows of a file that does not say who wrote them, or which ticket they
    belong to, are returned unchanged.
    """
    number_column = mapped.column_of.get("number")
    if mapped.sender is None or mapped.tool is None or number_column is None:
        yield from rows
        return
    callers = frozenset(map(name_key, mapped.tool.callers))
    opened, unopened = set[str](), dict[str, Row]()
    left_out, file = 0, ""
    for row in rows:
        file = row.file
        number = row.values.get(number_column, "").strip() if isinstance(row, Row) else ""
        if isinstance(row, Reject) or not number:
            yield row
        elif number in opened:
            left_out += 1
        elif name_key(row.values.get(mapped.sender, "")) in callers:
            opened.add(number)
            left_out += unopened.pop(number, None) is not None
            yield row
        else:
            left_out += number in unopened
            unopened.setdefault(number, row)
    unsaid = {mapped.column_of["description"]: ""} if left_out and "description" in mapped.column_of else {}
    for row in unopened.values():
        yield replace(row, values={**row.values, **unsaid})
    if left_out:
        reason = Wording(
            "{count} messages are left out: agents wrote them, or they came after what the caller said first",
            {"count": left_out},
        )
        yield Reject(file, None, mapped.sender, reason, RejectKind.NOTE)
