"""Mail: messages to people over SMTP, with the moment at which the mail server becomes responsible kept apart."""

from __future__ import annotations

import hashlib
import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterable
from contextlib import suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import localtime
from types import TracebackType
from typing import Self

from kb.practice.notification_section import MailSection
from models.errors import UpstreamError

# Of each answer; the claim of a notification holds longer than a mail with its answers takes.
_SECONDS = 20.0
_DOT = re.compile(rb"(?m)^\.")


class MailServerError(UpstreamError):
    """The mail server cannot be reached, or lets nobody in; no mail can be sent now."""


class RefusedMailError(UpstreamError):
    """The mail server refused one mail; `for_good` says that trying again is of no use."""

    def __init__(self, message: str, *, for_good: bool) -> None:
        super().__init__(message)
        self.for_good = for_good


class LostClaimError(UpstreamError):
    """Another sender has taken over this mail, so its last line was not sent."""


class MailConnection:
    """A connection to a mail server, opened when the first mail is sent."""

    def __init__(self, server: MailSection, password: str | None) -> None:
        self._server = server
        self._password = password
        self._smtp: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connection."""
        if self._smtp is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._smtp.quit()
            self._smtp = None

    def send(self, message: EmailMessage, recipient: str, last_line_follows: Callable[[], bool]) -> None:
        """Send a message to one recipient.

        `last_line_follows` is called once all but the last line is sent; where it returns False, that line is not.
        Raises MailServerError, RefusedMailError and LostClaimError.
        """
        smtp = self._connected()
        try:
            self._expect(smtp.mail(self._server.sender), 250)
            self._expect(smtp.rcpt(recipient), 250, 251)
            self._expect(smtp.docmd("DATA"), 354)
            smtp.send(_DOT.sub(b"..", message.as_bytes(policy=SMTP)))
            if not last_line_follows():
                self._drop()
                raise LostClaimError("another process sends this mail")
            smtp.send(b".\r\n")
            self._expect(smtp.getreply(), 250)
        except RefusedMailError:
            self._drop()
            raise
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            raise MailServerError(f"{self._server.host} ended the connection ({type(error).__name__})") from None

    def _connected(self) -> smtplib.SMTP:
        if self._smtp is not None:
            return self._smtp
        server = self._server
        try:
            if server.tls == "tls":
                context = ssl.create_default_context()
                smtp: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=_SECONDS, context=context)
            else:
                smtp = smtplib.SMTP(server.host, server.port, timeout=_SECONDS)
            self._smtp = smtp
            if smtp.sock is not None:
                # the last line leaves at once, not after 40 ms: who is killed meanwhile sends the mail again
                smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            smtp.ehlo_or_helo_if_needed()
            if server.tls == "starttls":
                smtp.starttls(context=ssl.create_default_context())
            if server.user is not None:
                smtp.login(server.user, self._password or "")
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            self._drop()
            raise MailServerError(f"{server.host}:{server.port} cannot be used: {_reason(error)}") from None
        return smtp

    def _expect(self, answer: tuple[int, bytes], *codes: int) -> None:
        code, said = answer
        if code not in codes:
            text = said.decode("utf-8", "replace").replace("\n", " ")
            raise RefusedMailError(f"the mail server answered {code} {text}"[:300], for_good=code >= 500)

    def _drop(self) -> None:
        """Close the connection at once, so that the server throws away what it did not get whole."""
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None


def mail(
    server: MailSection,
    recipient: str,
    key: str,
    subject: str,
    body: str,
    *,
    language: str,
    numbers: Iterable[str] = (),
) -> EmailMessage:
    """Return a mail that says that a program wrote it (RFC 3834); `key` names it at every attempt.

    `numbers` are the incidents that it is about: mails about one of them make a thread.
    """
    domain = server.sender.rpartition("@")[2]
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(server.name, addr_spec=server.sender)
    message["To"] = Address(addr_spec=recipient)
    message["Subject"] = subject
    message["Date"] = localtime()
    message["Message-ID"] = f"<{key}@{domain}>"
    if threads := [f"<incident.{_digest(number)}@{domain}>" for number in dict.fromkeys(numbers)][:20]:
        message["References"] = " ".join(threads)
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["List-Id"] = f"<notifications.{domain}>"
    message.set_content(body, charset="utf-8", cte="quoted-printable")
    message["Content-Language"] = language
    return message


def _digest(number: str) -> str:
    return hashlib.sha256(number.encode()).hexdigest()[:24]


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "it refuses the user or the password (TRIAGE_SMTP_PASSWORD)"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"it answered {error.smtp_code}"
    said = error.strerror if isinstance(error, OSError) else None
    return said or str(error) or type(error).__name__
