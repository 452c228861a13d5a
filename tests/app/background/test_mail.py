from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.background.mail import LostClaimError, MailConnection, MailServerError, mail
from kb.practice.notification_section import MailSection
from tests.conftest import free_port
from tests.mail_server import Mailbox, mail_server


def server_of(port: int, tls: str = "none", user: str | None = None) -> MailSection:
    values = {"from": "desk@example.org", "host": "127.0.0.1", "port": port, "tls": tls, "user": user}
    return MailSection.model_validate(values)


def letter(server: MailSection, body: str = "Hello.\n") -> object:
    return mail(server, "ann@example.org", "ntf_1", "Grüße", body, language="de", numbers=["INC1"])


def certificate(folder: Path) -> Path:
    """A certificate of this machine with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    kind = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file = folder / "server.pem"
    file.write_bytes(key.private_bytes(*kind) + made.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.fixture
def guarded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    """A server that takes mail over TLS from the user desk alone."""
    pem = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    def authenticate(
        server: SMTP, session: Session, envelope: Envelope, mechanism: str, said: LoginPassword
    ) -> AuthResult:
        return AuthResult(success=(said.login, said.password) == (b"desk", b"secret"), handled=False)

    mailbox = Mailbox(free_port())
    controller = Controller(
        mailbox,
        hostname="127.0.0.1",
        port=mailbox.port,
        tls_context=context,
        require_starttls=True,
        auth_required=True,
        authenticator=authenticate,
    )
    controller.start()
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    try:
        yield mailbox
    finally:
        controller.stop()


def test_a_mail_goes_over_tls_under_user_and_password(guarded: Mailbox) -> None:
    server = server_of(guarded.port, "starttls", "desk")
    with MailConnection(server, "secret") as connection:
        for _ in range(2):
            connection.send(letter(server), "ann@example.org", lambda: True)
    assert guarded.recipients() == ["ann@example.org"] * 2
    assert guarded.taken[0][1]["Subject"] == "Grüße"


def test_a_wrong_password_and_an_unknown_certificate_are_said(
    guarded: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = server_of(guarded.port, "starttls", "desk")
    with MailConnection(server, "wrong") as connection, pytest.raises(MailServerError, match="TRIAGE_SMTP_PASSWORD"):
        connection.send(letter(server), "ann@example.org", lambda: True)
    monkeypatch.delenv("SSL_CERT_FILE")
    with MailConnection(server, "secret") as connection, pytest.raises(MailServerError, match="cannot be used"):
        connection.send(letter(server), "ann@example.org", lambda: True)
    assert not guarded.taken


def test_without_the_claim_the_last_line_is_not_sent_so_nothing_arrives() -> None:
    with mail_server() as mailbox:
        server = server_of(mailbox.port)
        with MailConnection(server, None) as connection:
            with pytest.raises(LostClaimError):
                connection.send(letter(server), "ann@example.org", lambda: False)
            connection.send(letter(server, "A line.\n.\n..\nThe end.\n"), "bob@example.org", lambda: True)
    ((recipient, taken),) = mailbox.taken
    assert (recipient, taken.get_content().replace("\r\n", "\n")) == ("bob@example.org", "A line.\n.\n..\nThe end.\n")


@pytest.mark.parametrize("subject", ["a\nBcc: eve@example.org", "a\r\n\r\nbody"])
def test_a_subject_of_several_lines_makes_no_mail(subject: str) -> None:
    with pytest.raises(ValueError, match="linefeed or carriage return"):
        mail(server_of(25), "ann@example.org", "ntf_1", subject, "", language="en")
