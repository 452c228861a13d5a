"""Question: what to ask a caller, with choices that tell the likely values of a field apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kb.records.question_kind import QuestionKind

_TEXTS = {
    QuestionKind.WORDS: "Which of these is it about?",
    QuestionKind.SERVICE: "Which service is affected?",
    QuestionKind.CONFIGURATION_ITEM: "Which device or system is affected?",
    QuestionKind.LOCATION: "Where does it happen?",
    QuestionKind.ERROR_MESSAGE: "What does the error message say?",
    QuestionKind.SINCE_WHEN: "Since when does it happen?",
    QuestionKind.WHO_ELSE: "Who else is affected?",
    QuestionKind.WHAT_CHANGED: "What changed before it began?",
}


@dataclass(frozen=True, slots=True)
class Question:
    """A question about a ticket, with the choices that tell the likely values of a field apart.

    `likely` is how probable each choice is, from the incidents that resemble the ticket, `leads_to` the value of the
    field that speaks most for it.
    """

    field: str
    kind: QuestionKind
    choices: tuple[str, ...]
    likely: tuple[float, ...]
    leads_to: tuple[str, ...]

    @property
    def text(self) -> str:
        """Return the question in the words that a caller is asked."""
        return _TEXTS[self.kind]

    @property
    def why(self) -> str:
        """Return why it is asked."""
        led = dict[str, list[str]]()
        for choice, value in zip(self.choices, self.leads_to, strict=True):
            led.setdefault(value, []).append(f"“{choice}”")
        parts = [f"{' or '.join(choices)} went to {value}" for value, choices in led.items()]
        return f"Of similar tickets, those with {_listed(parts)} by {self.field.replace('_', ' ')}."


def _listed(parts: Sequence[str]) -> str:
    return f"{', '.join(parts[:-1])} and those with {parts[-1]}" if len(parts) > 1 else "".join(parts)
