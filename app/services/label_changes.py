"""Label changes: recording that a value was renamed, merged, split or retired, after a look at what is known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from app.composition import Services
from app.services.field_values import known_fields
from kb.records.errors import UnknownRecordError
from kb.records.label_change import LabelChange
from kb.records.wording import Wording
from kb.service.allowed_values import nearest
from models.errors import InvalidError


def record_label_change(
    services: Services, field: str, old: str, new: Sequence[str], *, since: datetime | None, by: str | None
) -> LabelChange:
    """Record a change of a value from `since` on, by default from now; history is read accordingly at once.

    Raises UnknownRecordError for a field that does not exist, InvalidError for a value that nobody has used, a change
    of a value into itself and one in the future.
    """
    now = datetime.now(UTC)
    moment = since or now
    if old in new:
        raise InvalidError(Wording("new: {value} cannot become itself", {"value": old}), field="new")
    if moment > now:
        raise InvalidError(Wording("since: lies in the future; say it on that day"), field="since")
    catalogue = services.catalogue.all()
    fields = known_fields(services)
    used = services.field_values.counts(field)
    if field not in fields and not used:
        raise UnknownRecordError(
            Wording("no field '{input}'; there are {names}", {"input": field, "names": ", ".join(fields)})
        )
    changes = [change for change in services.store.label_changes.all() if change.field == field]
    known = {*used, *catalogue.get(field, ()), *(change.old for change in changes)}
    if old not in known:
        alike = nearest(old, known) if known else []
        words = "old: no ticket has the {input} '{value}'"
        if alike:
            words = "old: no ticket has the {input} '{value}'; nearest: {values}"
        values = {"input": field, "value": old, "values": ", ".join(alike)}
        raise InvalidError(Wording(words, values), field="old")
    change = LabelChange(field, old, tuple(dict.fromkeys(new)), moment, now, by)
    key = services.store.label_changes.put(change)
    return next(entry for entry in services.store.label_changes.all() if entry.id == key)
