"""Masking: how many planted secrets are found in real tickets, how many tickets are touched, and how long it takes."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

from kb.masking import Masking, Secret
from training.benchmarks.classification import read

SOURCES = ("tickets_groups.csv.gz", "tickets_solutions.csv.gz", "tickets_fields.csv.gz", "tickets_category.csv.gz")
PLANTED = 500
_TEXTS = ("short_description", "description")
_LETTERS, _DIGITS = "abcdefghijkmnpqrstuvwxyz", "0123456789"
_WORDS = ("river", "stone", "maple", "cloud", "amber", "tiger", "lemon", "spoon")

# Made up, in wordings that the rules were not written for; {} is where the secret goes.
_LINES: dict[Secret, tuple[str, ...]] = {
    Secret.PASSWORD: (
        "Hi team, I tried to log on with the password {} three times.",
        "Benutzer mmueller, Kennwort {} geht nicht mehr",
        "mon mot de passe actuel: {} ne marche plus",
        "new pwd = {} , please sync it",
        "she told me over the phone that her password was {}",
        "Zugangsdaten: Benutzer svc01 Passwort {}",
    ),
    Secret.PIN: (
        "the phone asks for a PIN, I typed {} and it locked",
        "PIN {} funktioniert am Drucker nicht",
        "please set my PIN to {}",
        "I always use {} as my pin",
    ),
    Secret.ONE_TIME_CODE: (
        "the code from the authenticator app was {} and got refused",
        "verification code {} expired",
        "got an SMS, the code in it is {}",
        "MFA code: {}",
    ),
    Secret.WIFI_KEY: (
        "guest wifi password is {} but no internet",
        "WLAN-Schluessel: {} wird abgelehnt",
        "the WPA2 key = {}",
    ),
    Secret.API_KEY: (
        "the script sends api_key={} and gets 403",
        "X-Api-Key: {}",
        "client secret for the integration: {}",
    ),
    Secret.TOKEN: (
        "curl -H 'Authorization: Bearer {}' fails",
        "personal access token {} no longer works",
        "the pipeline variable holds the token {}",
    ),
    Secret.PRIVATE_KEY: (
        "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN OPENSSH PRIVATE KEY-----\n{}\n-----END OPENSSH PRIVATE KEY-----",
    ),
    Secret.CONNECTION: (
        "postgresql://report:{}@db7.example.com:5432/sales times out",
        "Server=db7;Uid=sa;Pwd={};",
        "jdbc:oracle:thin:scott/{}@//db7:1521/orcl user and password are right",
    ),
    Secret.CARD: ("please charge my card {} for the licence", "Kreditkarte {} wurde abgelehnt", "Visa no {} exp 12/29"),
    Secret.IBAN: ("refund to IBAN {} please", "meine neue Bankverbindung ist {}", "salary goes to {} since March"),
    Secret.IDENTITY_NUMBER: ("my social security number {} is wrong in the HR portal", "SSN: {}", "the form wants {}"),
    Secret.RECOVERY_KEY: (
        "bitlocker recovery key {}",
        "the laptop wants the key, I have {} on paper",
        "Wiederherstellung mit {} klappt nicht",
    ),
}


def measure(data: Path, scratch: Path) -> dict[str, Any]:  # noqa: ARG001 (every benchmark is given one)
    """Share of 500 planted secrets that are masked, by kind, and of tickets of each source in which something is.

    Some of the real tickets do hold passwords.
    """
    touched, seconds = {}, {}
    for source in SOURCES:
        rows = read(data / source)
        started = time.perf_counter()
        hits = sum(any(Masking().text(row.get(name, "")).found for name in _TEXTS) for row in rows)
        seconds[source] = round(1000 * (time.perf_counter() - started) / len(rows), 3)
        touched[source] = round(hits / len(rows), 4)
    found = _planted([row["description"] for row in read(data / SOURCES[0])])
    return {"touched": touched, "ms_a_ticket": seconds, **found}


def _planted(texts: list[str]) -> dict[str, Any]:
    """Plant a secret as a line of its own somewhere in a real text, each kind as often as the others."""
    chance = random.Random(0)  # noqa: S311 (made-up secrets)
    masked, lost = Counter[Secret](), Counter[str]()
    kinds = list(_LINES)
    for turn in range(PLANTED):
        kind = kinds[turn % len(kinds)]
        secret, wording = _secret(kind, chance), chance.choice(_LINES[kind])
        lines = chance.choice(texts).split("\n")
        lines.insert(chance.randint(0, len(lines)), wording.format(secret))
        if secret in Masking().text("\n".join(lines)).text:
            lost[wording] += 1
        else:
            masked[kind] += 1
    return {"planted": PLANTED, "masked": round(sum(masked.values()) / PLANTED, 4), "lost": dict(lost)}


def _secret(kind: Secret, chance: random.Random) -> str:  # noqa: PLR0911 (one form a kind)
    def some(signs: str, count: int) -> str:
        return "".join(chance.choice(signs) for _ in range(count))

    match kind:
        case Secret.PIN:
            return some(_DIGITS, 4)
        case Secret.ONE_TIME_CODE:
            return some(_DIGITS, 6)
        case Secret.API_KEY | Secret.TOKEN:
            return some(_LETTERS + _LETTERS.upper() + _DIGITS, 40)
        case Secret.PRIVATE_KEY:
            return some(_LETTERS + _LETTERS.upper() + _DIGITS, 64)
        case Secret.CARD:
            return _with_luhn("4" + some(_DIGITS, 14))
        case Secret.IBAN:
            account = some(_DIGITS, 18)
            return f"DE{98 - int(account + '131400') % 97:02}{account}"
        case Secret.IDENTITY_NUMBER:
            return f"{chance.randint(100, 665)}-{chance.randint(10, 99)}-{chance.randint(1000, 9999)}"
        case Secret.RECOVERY_KEY:
            return "-".join(f"{11 * chance.randint(9100, 65000):06}" for _ in range(8))
        case _:
            return f"{chance.choice(_WORDS).capitalize()}{chance.choice('!#*_')}{some(_DIGITS, 3)}{some(_LETTERS, 2)}"


def _with_luhn(digits: str) -> str:
    """Digits with the check digit of ISO/IEC 7812 behind them."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return digits + str(-total % 10)
