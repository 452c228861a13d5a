"""Notification texts: what a notification says, from templates of the data folder or those that are shipped.

A template is a text file whose first line is `Subject: ...`, in Jinja2 without access to anything but the values that
it is given (`DETAILS`).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from babel.dates import format_datetime
from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment

from kb.practice.message_template import undefined_name
from kb.practice.notification_section import LANGUAGES
from kb.practice.wording import meant
from kb.records.notification import Audience, Notification
from models.errors import InvalidError

TEMPLATES = "templates"
"""Folder in a data folder whose templates go before the shipped ones: NAME.txt, or LANGUAGE/NAME.txt."""
DETAILS = (
    *("number", "subject", "group", "assignee", "priority", "service", "category", "caller", "stage"),
    *("at", "by", "note", "group_before", "measure", "target", "due_at", "share", "waited", "incidents"),
)
"""Values that an event gives a template; those that it does not have are empty."""
_MOMENTS = frozenset({"at", "due_at"})
_PARTS = frozenset({"facts", "footer"})
"""Templates that stand in others, and so have no subject."""
_OF_EVENT: Mapping[str, Any] = dict.fromkeys(DETAILS, "") | {"audience": "assignee", "rule": "", "link": "", "step": 0}
_OF_DIGEST: Mapping[str, Any] = {"entries": (), "count": 2, "numbers": ""}
_SHIPPED = Path(__file__).parent / "notification_templates"
_LONGEST_SUBJECT = 200
_LONGEST_BODY = 20_000
_log = logging.getLogger(__name__)


class TemplateFileError(InvalidError):
    """A template cannot be used; the message names the file, the line and what is wrong."""


@dataclass(frozen=True, slots=True)
class NotificationText:
    """What a message says; `subject` is one line."""

    subject: str
    body: str


class NotificationTexts:
    """The texts of notifications of one data folder; `desk_url` is where links lead."""

    def __init__(self, home: Path, desk_url: str | None) -> None:
        self._folder = home / TEMPLATES
        self._desk_url = desk_url

    def text(self, message: Sequence[Notification], zone: tzinfo = UTC) -> NotificationText:
        """Return what a message with one or several notifications says, its times in a zone.

        Where a template of the data folder fails, the shipped one is used, so that nobody is left untold.
        """
        try:
            return self._text(message, zone, self._folder)
        except TemplateFileError as error:
            _log.error("%s; the shipped template is used", error)
            return self._text(message, zone, None)

    def check(self) -> list[str]:
        """Return what is wrong with the templates of the data folder."""
        found = list[str]()
        for file in sorted(self._folder.rglob("*.txt")) if self._folder.is_dir() else []:
            language = file.parent.name if file.parent.name in LANGUAGES else "en"
            place = file.relative_to(self._folder).as_posix().removesuffix(".txt")
            values = _OF_DIGEST if file.stem == "digest" else _OF_EVENT
            try:
                environment = _environment(self._folder, language)
                _check_names(environment, file, place, values)
                text = _rendered(environment, file.stem, values, place)
                if file.stem not in _PARTS:
                    _split(text, place)
            except TemplateFileError as error:
                found.append(str(error))
        return found

    def test(self, language: str) -> NotificationText:
        """Return what a test of the mail server says."""
        return _split(_rendered(_environment(None, language), "test", {}), "test")

    def names(self, language: str) -> set[str]:
        """Return the names of the templates that there are in a language."""
        folders = [self._folder / language, self._folder, _SHIPPED / language, _SHIPPED / "en"]
        return {file.stem for folder in folders if folder.is_dir() for file in folder.glob("*.txt")}

    def _text(self, message: Sequence[Notification], zone: tzinfo, folder: Path | None) -> NotificationText:
        environment = _environment(folder, message[0].recipient.language)
        entries = [self._entry(environment, one, zone) for one in message]
        if len(entries) == 1:
            return entries[0]
        numbers = ", ".join(dict.fromkeys(one.number for one in message))
        values: dict[str, Any] = {"entries": entries, "count": len(entries), "numbers": numbers}
        return _split(_rendered(environment, "digest", values), "digest")

    def _entry(self, environment: SandboxedEnvironment, one: Notification, zone: tzinfo) -> NotificationText:
        values = self._values(one, zone)
        name = one.template if f"{one.template}.txt" in environment.list_templates() else _fallback(one)
        said = _split(_rendered(environment, name, values), name)
        footer = _rendered(environment, "footer", values)
        return NotificationText(said.subject, f"{said.body.rstrip()}\n{footer}"[:_LONGEST_BODY])

    def _values(self, one: Notification, zone: tzinfo) -> dict[str, Any]:
        details = {name: one.details.get(name, "") for name in DETAILS}
        for name in _MOMENTS.intersection(one.details):
            details[name] = _moment(one.details[name], one.recipient.language, zone)
        link = "" if self._desk_url is None else f"{self._desk_url}/ticket?number={quote(one.number, safe='')}"
        return {
            **details,
            "audience": one.recipient.audience.value,
            "rule": one.rule,
            "link": link,
            "step": one.step,
        }


@cache
def _environment(folder: Path | None, language: str) -> SandboxedEnvironment:
    own = [] if folder is None else [folder / language, folder]
    folders = [*own, _SHIPPED / language, _SHIPPED / "en"]
    return SandboxedEnvironment(
        loader=ChoiceLoader([FileSystemLoader(one) for one in folders]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )


def _check_names(environment: SandboxedEnvironment, file: Path, place: str, known: Mapping[str, Any]) -> None:
    """Refuse a template with a name that has no value, also where only some events would come to it."""
    try:
        found = undefined_name(environment, file.read_text(encoding="utf-8"), known)
    except TemplateSyntaxError as error:
        raise TemplateFileError(f"templates/{place}.txt, line {error.lineno}: {error.message}") from None
    except (OSError, UnicodeError) as error:
        raise TemplateFileError(f"templates/{place}.txt: {error}") from None
    if found is not None:
        name, line = found
        raise TemplateFileError(
            f"templates/{place}.txt, line {line}: '{name}' is undefined{meant(name, known)}; names are "
            f"{', '.join(known)}"
        )


def _rendered(environment: SandboxedEnvironment, name: str, values: Mapping[str, Any], place: str | None = None) -> str:
    """Return a template with values; `place` is what errors call it, its name unless told."""
    file = f"templates/{place or name}.txt"
    try:
        return environment.get_template(f"{name}.txt").render(values)
    except TemplateNotFound as error:
        raise TemplateFileError(f"templates: there is no template {error.name}") from None
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        where = f", line {line}" if line else ""
        raise TemplateFileError(f"{file}{where}: {error.message}") from None
    except (ArithmeticError, LookupError, TypeError, ValueError, UnicodeError) as error:
        raise TemplateFileError(f"{file}: {error}") from None


def _split(text: str, name: str) -> NotificationText:
    """Return subject and body of a text whose first line is the subject; control characters are left out."""
    first, _, body = text.lstrip().partition("\n")
    label, _, subject = first.partition(":")
    if label.strip().lower() != "subject" or not subject.strip():
        raise TemplateFileError(f'templates/{name}.txt: its first line has to be "Subject: ..."')
    lines = ("".join(letter for letter in line if letter.isprintable() or letter == "\t") for line in body.split("\n"))
    plain = "".join(letter if letter.isprintable() else " " for letter in subject)
    return NotificationText(" ".join(plain.split())[:_LONGEST_SUBJECT], "\n".join(lines).strip("\n") + "\n")


def _fallback(one: Notification) -> str:
    return f"caller_{one.event.value}" if one.recipient.audience is Audience.CALLER else one.event.value


def _moment(text: str, language: str, zone: tzinfo) -> str:
    moment = datetime.fromisoformat(text).astimezone(zone)
    return f"{format_datetime(moment, 'short', locale=language)} {moment.tzname() or ''}".strip()
