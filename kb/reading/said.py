"""Said: what the caller said in the two texts of a ticket, as it is searched, embedded and learnt."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from kb.reading.boilerplate import NO_BOILERPLATE, Boilerplate
from kb.reading.contrast import without_fine_clauses
from kb.reading.html import visible_text
from kb.reading.log import split_log
from kb.reading.mail import newest_part, topic_of
from kb.reading.words import without_long_words

# Texts whose reading is kept: a ticket is read several times while it is answered.
_KEPT = 256

# Characters in which a mail's newest part is looked for: more is a log or a thread, of which the beginning counts.
_MAIL_LIMIT = 20_000


@dataclass(frozen=True, slots=True)
class Said:
    """What the caller said: the `complaint` is embedded and learnt, the `log_line` of a pasted log only searched."""

    complaint: str
    log_line: str = ""

    @property
    def searched(self) -> str:
        """Return the text whose words are searched."""
        return f"{self.complaint}\n{self.log_line}" if self.log_line else self.complaint


@lru_cache(maxsize=_KEPT)
def said(short: str, long: str, boilerplate: Boilerplate = NO_BOILERPLATE) -> Said:
    """Return what the caller said in a short and a long text, a repeated sentence once.

    Boilerplate is left out, also where nothing else was said; so is what the caller says is fine, where a complaint is
    left.
    """
    title, text = visible_text(short).strip(), visible_text(long).strip()
    body = newest_part(text[:_MAIL_LIMIT], subject=title) + text[_MAIL_LIMIT:]
    topic = topic_of(title, body, text[:_MAIL_LIMIT])
    body, log_line = split_log(body)
    both = body if body.startswith(topic) else f"{topic}\n{body}"
    complaint = without_fine_clauses(without_long_words(both).strip()) or text[:_MAIL_LIMIT]
    return Said(boilerplate.removed_from(complaint), boilerplate.removed_from(without_long_words(log_line).strip()))
