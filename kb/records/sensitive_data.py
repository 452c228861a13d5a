"""Sensitive data: the kinds of it that masking takes out of texts."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias


class Secret(StrEnum):
    """A kind of secret."""

    PASSWORD = "password"  # noqa: S105 (the name of a kind)
    PIN = "pin"
    ONE_TIME_CODE = "one_time_code"
    WIFI_KEY = "wifi_key"
    API_KEY = "api_key"
    TOKEN = "token"  # noqa: S105 (the name of a kind)
    PRIVATE_KEY = "private_key"
    CONNECTION = "connection"
    CARD = "card"
    IBAN = "iban"
    IDENTITY_NUMBER = "identity_number"
    RECOVERY_KEY = "recovery_key"


class Personal(StrEnum):
    """A kind of personal data."""

    MAIL_ADDRESS = "mail_address"
    PHONE_NUMBER = "phone_number"
    NAME = "name"


MaskedKind: TypeAlias = Secret | Personal
