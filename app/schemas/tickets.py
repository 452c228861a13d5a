"""Tickets: the known fields of a ticket to classify."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, model_validator

from app.schemas.incident_fields import LoggedFields
from kb.records.clean_text import clean
from kb.records.columns import further_name
from kb.records.incident import LABELS, VALUE_LIMIT, Incident
from kb.records.json_text import flattened
from kb.vocabulary.nothing import is_nothing, something

EXTRA_LIMIT = 200
MASKED_DESCRIPTION = "Kinds of secrets that were found in the request and masked before anything was stored."
TICKET_EXAMPLE: dict[str, Any] = {
    "example": {
        "short_description": "cannot connect to vpn",
        "description": "Since this morning the VPN says 'gateway not reachable'. I work from home.",
        "caller": "j.doe",
        "service": "Remote access",
    }
}


class Ticket(LoggedFields):
    """A new ticket with its known fields; further fields are accepted as they are."""

    model_config = ConfigDict(extra="allow", json_schema_extra=TICKET_EXAMPLE)

    @model_validator(mode="after")
    def _bounded(self) -> Ticket:
        try:
            further = self.further()
        except RecursionError:
            raise ValueError("a further field is nested too deeply") from None
        if len(further) > EXTRA_LIMIT:
            raise ValueError(f"at most {EXTRA_LIMIT} further fields are taken")
        for name, text in further.items():
            if len(name) > 200 or len(text) > VALUE_LIMIT:
                raise ValueError(f"{name[:40]}: a further field has at most {VALUE_LIMIT:,} characters")
        return self

    def incident(self, number: str = "") -> Incident:
        """Return the ticket as an open incident."""
        labels: dict[str, Any] = {name: something(getattr(self, name) or "") or None for name in LABELS}
        return Incident(
            number=self.number or number,
            short_description=self.short_description or "",
            description=self.description or "",
            state="new",
            extra=self.further(),
            **labels,
        )

    def further(self) -> dict[str, str]:
        """Return further fields in the form that files have, without those that mean "no value"."""
        texts = flattened(self.__pydantic_extra__ or {})
        return {further_name(clean(name)): clean(text) for name, text in texts.items() if not is_nothing(text)}
