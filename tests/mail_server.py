"""A real SMTP server for tests, which keeps every mail that it took."""

from __future__ import annotations

import email
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from app.composition import Services
from tests.conftest import free_port


@dataclass
class Mailbox:
    """What the server took, and what it answers: to a recipient, and to the last line of a mail."""

    port: int = 0
    taken: list[tuple[str, EmailMessage]] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    answer: str = "250 OK"

    async def handle_RCPT(  # noqa: N802 (named as the server calls it)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 (named as the server calls it)
        if self.answer.startswith("250"):
            message = email.message_from_bytes(envelope.content or b"", policy=default)
            assert isinstance(message, EmailMessage)
            self.taken += [(recipient, message) for recipient in envelope.rcpt_tos]
        return self.answer

    def recipients(self) -> list[str]:
        return sorted(recipient for recipient, _ in self.taken)


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    """Run a server on this machine."""
    mailbox = Mailbox(free_port())
    controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()


PEOPLE = """
  people:
    ann: {mail: ann@example.org}
    bob: {mail: bob@example.org, language: de}
    cleo: {mail: cleo@example.org, language: fr}
    ines: {mail: ines@example.org}
  groups:
    Network: {members: [ann, bob], lead: cleo}
    Mail: {mail: mail-team@example.org}
  incident_managers: [ines]
"""


def practice_text(rules: str, *, port: int = 25, hours: str = "00:00-24:00", more: str = "") -> str:
    """A practice that works at these hours of every day, with people, groups and rules."""
    return f"""
calendars:
  office:
    zone: UTC
    hours: {{every day: "{hours}"}}
targets:
  - {{name: Everything, response: 1 h, resolution: 4 h, calendar: office}}
notifications:
  calendar: office
  mail: {{from: desk@example.org, host: 127.0.0.1, port: {port}, tls: none}}
{more}{PEOPLE}
  rules:
{rules}
"""


def write_practice(services_or_home: Services | Path, rules: str, **more: object) -> None:
    """Let a data folder have these rules."""
    home = services_or_home if isinstance(services_or_home, Path) else services_or_home.home
    home.mkdir(exist_ok=True)
    (home / "practice.yaml").write_text(practice_text(rules, **more), encoding="utf-8")
