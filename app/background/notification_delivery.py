"""Notification delivery: what is due is claimed, sent by mail or handed to the webhooks, and noted."""

from __future__ import annotations

import logging
import secrets
import socket
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from app.background.mail import LostClaimError, MailConnection, MailServerError, RefusedMailError, mail
from app.composition import Services
from kb.practice.notification_section import MailSection
from kb.practice.practice import Practice
from kb.practice.practice_file import PracticeFileError
from kb.records.mail_address import mail_address
from kb.records.notification import Channel, Notification
from kb.records.webhook import Event
from kb.service.notification_texts import NotificationText
from models.errors import InvalidError

KEPT = timedelta(days=90)
# Messages a turn, so that other background work is not held up.
_A_TURN = 50
_log = logging.getLogger(__name__)


def holder_of(services: Services) -> str:
    """Return the name of the sender of a data folder on this machine, of which there is one at a time."""
    return sha256(f"{socket.gethostname()}\n{services.home.resolve()}".encode()).hexdigest()


def deliver_notifications(services: Services) -> bool:
    """Send what is due; returns False where the mail server cannot be used, so that the next turn can wait.

    Nothing is sent while the practice cannot be read, since its hours are not known.
    """
    try:
        practice = services.practice.practice()
    except PracticeFileError:
        return True
    server = practice.notifications.mail
    with _Sender(services, practice, server, _password(services)) as sender:
        for _ in range(_A_TURN):
            message = services.notifications.claim(holder_of(services), practice.calendars, datetime.now(UTC))
            if not message:
                return True
            if not sender.send(message):
                return False
    return True


def send_test(services: Services, address: str) -> None:
    """Send a test mail; raises InvalidError, MailServerError, RefusedMailError and PracticeFileError."""
    try:
        mail_address(address)
    except ValueError as error:
        raise InvalidError(str(error)) from None
    plan = services.practice.practice().notifications
    if plan.mail is None:
        raise InvalidError("practice.yaml names no mail server; add notifications.mail")
    text = services.texts.test(plan.language)
    key = f"test_{secrets.token_hex(12)}"
    made = mail(plan.mail, address, key, text.subject, text.body, language=plan.language)
    with MailConnection(plan.mail, _password(services)) as connection:
        connection.send(made, address, lambda: True)


def _password(services: Services) -> str | None:
    password = services.settings.smtp_password
    return None if password is None else password.get_secret_value()


class _Sender:
    """Sends messages, by mail over one connection."""

    def __init__(
        self, services: Services, practice: Practice, server: MailSection | None, password: str | None
    ) -> None:
        self._services = services
        self._practice = practice
        self._server = server
        self._connection = None if server is None else MailConnection(server, password)

    def __enter__(self) -> _Sender:
        return self

    def __exit__(self, *_: object) -> None:
        if self._connection is not None:
            self._connection.close()

    def send(self, message: Sequence[Notification]) -> bool:
        """Send a message that was claimed, and note what became of it; returns whether others can be sent too."""
        first = message[0]
        claim = first.claim or ""
        calendar = self._practice.calendars.get(first.calendar or "")
        text = self._services.texts.text(message, UTC if calendar is None else calendar.zone)
        if first.channel is Channel.WEBHOOK:
            self._announce(message, claim, text)
            return True
        try:
            self._mail(message, claim, text)
        except LostClaimError:
            return True
        except MailServerError as error:
            self._services.notifications.failed(claim, str(error))
            _log.warning("notifications cannot be sent: %s", error)
            return False
        except RefusedMailError as error:
            self._services.notifications.failed(claim, str(error), for_good=error.for_good)
            _log.warning("notification %s was refused", first.id)
            return True
        self._services.notifications.sent(claim)
        return True

    def _mail(self, message: Sequence[Notification], claim: str, text: NotificationText) -> None:
        first = message[0]
        if self._server is None or self._connection is None:
            raise MailServerError("practice.yaml names no mail server any more; add notifications.mail")
        made = mail(
            self._server,
            first.recipient.address or "",
            first.message or first.id,
            text.subject,
            text.body,
            language=first.recipient.language,
            numbers=[one.number for one in message],
        )
        self._connection.send(
            made, first.recipient.address or "", lambda: self._services.notifications.hand_over(claim)
        )

    def _announce(self, message: Sequence[Notification], claim: str, text: NotificationText) -> None:
        """Hand a message to the webhooks that listen, in the act that notes it, so that none is told twice."""
        told = {
            "subject": text.subject,
            "text": text.body,
            "notifications": [
                {
                    "id": one.id,
                    "event": one.event.value,
                    "number": one.number,
                    "rule": one.rule,
                    "for": one.recipient.name,
                    "audience": one.recipient.audience.value,
                    "details": dict(one.details),
                }
                for one in message
            ],
        }
        with self._services.store.database.writing():
            if self._services.webhooks.announce(Event.NOTIFICATION, told):
                self._services.notifications.sent(claim)
            else:
                reason = "no webhook listens to notification; add one with triage webhooks add URL --event notification"
                self._services.notifications.failed(claim, reason, for_good=True)
