"""Security practice: to whom security incidents go, who may see them, and what is done about each kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml
from pydantic import Field

from kb.practice.section import Section, Text, Texts
from kb.records.incident import Incident
from kb.records.security import SecurityKind, Severity, Tlp


class SecurityKindSection(Section):
    """What is done about one kind of security incident; what is left out is as shipped."""

    severity: Severity | None = None
    tlp: Tlp | None = Field(default=None, description="The widest marking: a person may only choose a stricter one.")
    do: Texts | None = Field(default=None, description="What the agent must do.")
    do_not: Texts | None = Field(default=None, description="What the agent must not do.")


class SecuritySection(Section):
    """How the organisation deals with security incidents."""

    group: Text | None = Field(default=None, description="Assignment group that security incidents go to.")
    seen_by: Texts = Field(
        default_factory=list, description="Named groups that see restricted incidents; the assignment group without."
    )
    labels: dict[Text, Texts] = Field(
        default_factory=dict, description="Values, by field, of which each says that it is a security incident."
    )
    kinds: dict[SecurityKind, SecurityKindSection] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SecurityProcedure:
    """What is done about one kind of security incident; `do` and `do_not` are what agents must and must not do."""

    severity: Severity
    tlp: Tlp
    do: tuple[str, ...]
    do_not: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SecurityPractice:
    """To whom security incidents go, which named groups see them, and the procedure of each kind."""

    group: str | None
    seen_by: tuple[str, ...]
    labels: Mapping[str, tuple[str, ...]]
    procedures: Mapping[SecurityKind, SecurityProcedure]

    def is_labelled(self, incident: Incident) -> bool:
        """Return whether a value of an incident says that it is a security incident."""
        values = {name: (incident.value(name) or "").casefold() for name in self.labels}
        return any(values[name] in map(str.casefold, listed) for name, listed in self.labels.items())


def security_practice(section: SecuritySection | None = None) -> SecurityPractice:
    """Return the practice that a section describes, as shipped where it says nothing."""
    section = section or SecuritySection()
    procedures = {kind: _procedure(kind, section.kinds.get(kind)) for kind in SecurityKind}
    seen_by = section.seen_by or ([section.group] if section.group else [])
    labels = {name: tuple(values) for name, values in section.labels.items()}
    return SecurityPractice(section.group, tuple(seen_by), labels, procedures)


def _procedure(kind: SecurityKind, section: SecurityKindSection | None) -> SecurityProcedure:
    shipped = _shipped()[kind]
    if section is None:
        return shipped
    return SecurityProcedure(
        section.severity or shipped.severity,
        section.tlp or shipped.tlp,
        shipped.do if section.do is None else tuple(section.do),
        shipped.do_not if section.do_not is None else tuple(section.do_not),
    )


@cache
def _shipped() -> dict[SecurityKind, SecurityProcedure]:
    kept = yaml.safe_load((files("kb.practice") / "security.yaml").read_text(encoding="utf-8"))
    return {
        SecurityKind(kind): SecurityProcedure(
            Severity(said["severity"]), Tlp(said["tlp"]), tuple(said["do"]), tuple(said["do_not"])
        )
        for kind, said in kept.items()
    }
