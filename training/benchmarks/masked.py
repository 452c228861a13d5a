"""Masking: how many planted secrets are found in real tickets, how many tickets are changed, and how long it takes."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

from kb.privacy.masking import Masking
from kb.records.sensitive_data import Secret
from training.benchmarks.classification import read

SOURCES = ("tickets_groups.csv.gz", "tickets_solutions.csv.gz", "tickets_fields.csv.gz", "tickets_category.csv.gz")
PLANTED = 500
_TEXTS = ("short_description", "description")
_LETTERS, _DIGITS = "abcdefghijkmnpqrstuvwxyz", "0123456789"
_WORDS = ("river", "stone", "maple", "cloud", "amber", "tiger", "lemon", "spoon")

# Made up, in wordings that were written after the rules, unseen while writing them; {} is where the secret goes.
_LINES: dict[Secret, tuple[str, ...]] = {
    Secret.PASSWORD: (
        "Dear service desk, my password {} has stopped working since this morning.",
        "Could you reset my password? The current one is {}.",
        "Caller states the password is {}",
        "Caller gave password {} over the phone",
        "I think my password was {} but I am not sure",
        "User tried {} as password several times",
        "Account jdoe, password: {}",
        "jdoe/{} (domain login)",
        "password for user jdoe is {}",
        "the new password you sent me ({}) does not work",
        "Set temporary password: {}",
        "changed pw to {} and informed user",
        "pw reset to {}",
        "Kennwort wurde auf {} zurückgesetzt",
        "Bitte Passwort {} freischalten",
        "Ich habe das Passwort {} eingegeben, aber es geht nicht",
        "Mein Windows-Passwort ist {}",
        "Das Initialpasswort lautet {}",
        "Le mot de passe {} est refusé",
        "Son mot de passe est {}",
        "Nouveau mot de passe : {}",
        "La contraseña {} no funciona",
        "Su contraseña temporal es {}",
        "Contraseña actual: {}",
        "Il mio codice è sbagliato, password: {}",
        "A minha senha é {}",
        "Het wachtwoord {} wordt geweigerd",
        "Mitt lösenord är {}",
        "Moje hasło: {}",
        "Password is still {}, nothing changed",
        "forgot to tell you, password = {}",
        "pwd was {}",
        "VPN login jdoe password {}",
        "SAP user JDOE PW {}",
        "passwort: {} benutzer: jdoe",
        "Citrix: jdoe / {}",
        "Database password {}",
        "admin password on the switch is {}",
        "ssh password: {}",
        "root password {}",
        "I am using the password {} for my mailbox",
    ),
    Secret.PIN: (
        "My pin code {} does not unlock the phone",
        "PIN-Code: {}",
        "the pin for my voicemail is {}",
        "Der PIN-Code {} wird abgelehnt",
        "Le code PIN {} ne marche pas",
        "El código PIN es {}",
        "pin no {}",
        "conference PIN {}",
        "Door PIN: {}",
        "PIN of the token is {}",
    ),
    Secret.ONE_TIME_CODE: (
        "The OTP I received is {}",
        "OTP: {} expired",
        "my MFA code {} is not accepted",
        "one time password {}",
        "authenticator code: {}",
        "The verification code is {}",
        "login code {}",
        "Verifizierungscode: {}",
        "Einmalpasswort {}",
        "code d'authentification {}",
        "código SMS {}",
        "2FA: {}",
    ),
    Secret.WIFI_KEY: (
        "WiFi password: {}",
        "the wifi code is {}",
        "WLAN-Passwort {}",
        "guest WLAN key: {}",
        "wi-fi key {}",
        "Passwort für das WLAN: {}",
        "le code wifi est {}",
        "WPA2 passphrase {}",
    ),
    Secret.API_KEY: (
        "API key: {}",
        "my API key {} is rejected",
        "api_key='{}'",
        "the API key is {}",
        "X-API-KEY: {}",
        "API secret: {}",
        "secret key {}",
        "AZURE_CLIENT_SECRET={}",
        "private api key {}",
        "clé d'API : {}",
    ),
    Secret.TOKEN: (
        "access token: {}",
        "Bearer {}",
        "my token {} expired",
        "auth token = {}",
        "token={}",
        "Session token: {}",
        "API token is {}",
        "refresh token: {}",
        "the token I use is {}",
        "Zugangstoken {}",
    ),
    Secret.PRIVATE_KEY: (
        "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----",
        "key below\n-----BEGIN EC PRIVATE KEY-----\n{}\n-----END EC PRIVATE KEY-----",
    ),
    Secret.CONNECTION: (
        "postgres://admin:{}@db.internal:5432/app",
        "mysql://app:{}@10.0.0.5/app",
        "mongodb://root:{}@mongo:27017",
        "Server=db1;Database=crm;User Id=app;Password={};",
        "jdbc:postgresql://db/app?user=app&password={}",
        "https://user:{}@git.example.com/repo.git",
        "amqps://svc:{}@mq/",
        "Data Source=ora;User Id=x;Password={}",
    ),
    Secret.CARD: (
        "Credit card number {}",
        "card {} expires 11/27",
        "Kreditkarte: {}",
        "my Visa {} was declined",
        "numéro de carte {}",
        "Card number: {} CVV 123",
    ),
    Secret.IBAN: (
        "IBAN: {}",
        "my IBAN is {}",
        "Bankkonto {}",
        "new bank account {} for salary",
        "Bitte auf {} überweisen",
    ),
    Secret.IDENTITY_NUMBER: (
        "SSN: {}",
        "my social security number is {}",
        "National Insurance {}",
        "DNI: {}",
        "personal id {}",
        "n° sécu {}",
    ),
    Secret.RECOVERY_KEY: (
        "BitLocker recovery key: {}",
        "recovery password {}",
        "{}",
    ),
}


def measure(data: Path, scratch: Path) -> dict[str, Any]:  # noqa: ARG001 (every benchmark is given one)
    """Measure the share of 500 planted secrets that are masked, by kind, and of tickets that are changed, by source.

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
    """Plant a secret as a separate line somewhere in a real text, all kinds equally often."""
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
    """Return digits followed by the check digit of ISO/IEC 7812."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return digits + str(-total % 10)
