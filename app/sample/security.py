"""The sample desk's security incident: a stolen laptop, which only the security group sees."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.composition import Services
from app.services.security import WantedRestriction, restrict_incident
from kb.records.incident import Incident
from kb.records.security import NOBODY, SecurityKind, Tlp

NUMBER = "INC0099001"
GROUP = "security"
LEAD = "Sara Lindholm"


def sample_security_incident(services: Services, now: datetime) -> None:
    """Log the incident and restrict it to the security group and its lead; leave one that is there alone."""
    if services.store.restricted.counts().total:
        return
    told = Incident(
        NUMBER,
        "Laptop stolen on the train",
        "My bag with the laptop was stolen on the train to Hamburg at half past seven. It was locked, and I think "
        "the disk is encrypted. I have reported it to the police.",
        caller="Jonas Brandt",
        channel="phone",
        state="new",
        opened_at=now - timedelta(minutes=50),
    )
    services.store.write([told])
    wanted = WantedRestriction(SecurityKind.LOST_DEVICE, tlp=Tlp.AMBER, people=(LEAD,), groups=(GROUP,))
    restrict_incident(services, NUMBER, wanted, NOBODY, by=LEAD)
