"""The text of a ticket as its channel brings it: mails with signatures and quotes, forms, notes of a call, alerts."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from app.sample.call import Call
from app.sample.caller import Caller, People
from app.sample.issue import Issue, Issues, read_yaml

MONITORING = "monitoring"
_ALERTS = ("ALERT", "CRITICAL", "WARNING", "PROBLEM", "ERROR", "FATAL")

# shares of tickets, as a person who reads a desk's mail would guess them; none is measured
_TYPO = 0.25
_LOG = 0.2
_ALERT_LOG = 0.35
_URGENT = 0.06
_VAGUE_SUBJECT = 0.12
_OPENER = 0.15
_FORWARDED = 0.1
_QUOTED = 0.1
_FORM = 0.4
_NOTED = 0.6


def is_alert(said: str) -> bool:
    """Return whether monitoring says this."""
    return said.startswith(_ALERTS)


class TicketWriter:
    """Writes short description and description of tickets."""

    def __init__(self, chance: random.Random, issues: Issues, people: People) -> None:
        self._chance = chance
        self._issues = issues
        self._people = people
        self._phrases = read_yaml("phrases")
        self._languages = {"en": self._phrases, **read_yaml("languages")}

    def foreign(self, issue: Issue, language: str) -> Sequence[str]:
        """Return how an issue is put in another language than English; nothing where nobody has put it so."""
        wordings: Sequence[str] = self._languages[language].get("issues", {}).get(issue.id, ())
        return wordings

    def terse(self) -> str:
        """Return a note that does not say what is wrong, such as "please call me"."""
        return self._one("terse")

    def poor_note(self) -> str:
        """Return what stands in for a resolution where nobody wrote one."""
        return self._one("poor_notes")

    def filled(self, text: str) -> str:
        """Return a text with each {name} replaced by one of what the name may be."""
        return text.format_map(_Slots(self._slot)) if "{" in text else text

    def texts(self, call: Call) -> tuple[str, str]:
        """Return short description and description of a call as its channel brings them."""
        if call.channel == MONITORING:
            return call.said, "\n".join([call.said, *self._log(call.issue, _ALERT_LOG)])
        said, more, caller = self._typed(call.said, call.caller), self._more(call), call.caller.name
        if call.channel == "e-mail":
            return self._mail(call, said, more)
        if call.channel == "portal":
            text = self._template("form", said=said, more=" ".join(more)) if self._happens(_FORM) else " ".join(more)
            return said, "\n".join([text or said, *self._log(call.issue, _LOG)])
        if call.channel == "chat":
            return "", self._template("chat", said=said, more=" ".join(more), caller=caller.split()[0]).rstrip()
        note = "counter_note" if call.channel == "walk-up" else "phone_note"
        return said, self._template(note, said=said, caller=caller) if self._happens(_NOTED) else ""

    def _more(self, call: Call) -> list[str]:
        """Return sentences that somebody adds, of the issue or of the kind that everybody adds."""
        chance, own = self._chance, list[str]()
        if call.language == "en":
            own = chance.sample(list(call.issue.more), min(len(call.issue.more), chance.choice((0, 1, 1))))
        common = chance.sample(self._languages[call.language]["more"], chance.choice((0, 0, 1)))
        urgent = [self._one("urgent")] if self._happens(_URGENT) else []
        return [self._typed(self.filled(sentence), call.caller) for sentence in (*own, *common, *urgent)]

    def _mail(self, call: Call, said: str, more: Sequence[str]) -> tuple[str, str]:
        bank, chance, caller = self._languages[call.language], self._chance, call.caller.name
        opener = [self._one("openers")] if call.language == "en" and self._happens(_OPENER) else []
        body = [chance.choice(bank["greetings"]), "", *opener, f"{said}.", *more, *self._log(call.issue, _LOG), ""]
        subject = self._one("vague_subjects") if self._happens(_VAGUE_SUBJECT) else said
        end = [chance.choice(bank["closings"]), caller, *self._signature(call.caller)]
        date = f"{call.opened:%a, %d %b %Y %H:%M}"
        if self._happens(_FORWARDED):
            original = self._template("forward", date=date, caller=caller, subject=subject, body="\n".join(body))
            return f"{chance.choice(('FW: ', 'WG: '))}{subject}", "\n".join([original, *end])
        text = "\n".join([*body, *end])
        if self._happens(_QUOTED):
            earlier = self.filled(chance.choice(chance.choice(list(self._issues.by_id.values())).say))
            text += self._template("quote", date=date, caller=caller, said=earlier)
            return f"{chance.choice(('AW: ', 'RE: '))}{subject}", text
        return subject, text

    def _signature(self, caller: Caller) -> list[str]:
        footers = self._chance.sample(self._phrases["footers"], self._chance.choice((0, 1, 2)))
        if not footers:
            return []
        return ["", "--", f"{caller.department}, {caller.site.name}, phone {self._one('extension')}", *footers]

    def _log(self, issue: Issue, share: float) -> list[str]:
        logs = self._phrases["logs"].get(issue.category)
        return ["", self.filled(self._chance.choice(logs))] if logs and self._happens(share) else []

    def _template(self, name: str, **values: str) -> str:
        template = self._phrases[name]
        if not isinstance(template, str):
            template = self._chance.choice(template)
        text: str = template.format_map(_Slots(self._slot, values))
        return text

    def _typed(self, sentence: str, caller: Caller) -> str:
        """Return a sentence as somebody types it: small letters in haste, one time in four two letters exchanged."""
        if caller.in_haste:
            sentence = sentence.lower()
        if not self._happens(_TYPO) or len(sentence) < 12:
            return sentence
        place = self._chance.randrange(3, len(sentence) - 2)
        if not sentence[place : place + 2].isalpha():
            return sentence
        return sentence[:place] + sentence[place + 1] + sentence[place] + sentence[place + 2 :]

    def _slot(self, name: str) -> str:
        if name in ("colleague", "forwarder"):
            return self._people.caller(self._chance).name
        if name == "address":
            return self._people.caller(self._chance).address
        if name == "site":
            return self._people.caller(self._chance).site.name
        return self._one(name)

    def _one(self, bank: str) -> str:
        return str(self._chance.choice(self._phrases[bank]))

    def _happens(self, share: float) -> bool:
        return self._chance.random() < share


class _Slots(dict[str, str]):
    """Values of names in braces, each chosen when it is asked for unless it is given."""

    def __init__(self, choose: Callable[[str], str], given: dict[str, str] | None = None) -> None:
        super().__init__(given or {})
        self._choose = choose

    def __missing__(self, name: str) -> str:
        self[name] = self._choose(name)
        return self[name]
