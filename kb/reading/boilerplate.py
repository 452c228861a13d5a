"""Boilerplate: what an organisation's tickets all carry, such as forms and footers, and a text without it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

_TOKEN = re.compile(r"\w+|\n|:")
_DIGITS = re.compile(r"\d+")
_TRAILING = re.compile(r"[^\w\n]*")


@dataclass(frozen=True, slots=True)
class BoilerplateSettings:
    """When words that many tickets have count for nothing; chosen by hand, experiment 018."""

    # words of a run: four of a form or footer in a row rarely stand in what a caller says
    run: int = 4
    # words of a form's label, before its colon, at most
    label: int = 6
    # share of texts with a run from which it is boilerplate: what people say themselves is rarer
    share: float = 0.2
    # texts with it at least, and texts to find it in at least: fewer prove nothing
    texts: int = 20
    # different beginnings among its texts: fewer are one outage, or one alert of a monitor
    beginnings: float = 5.0
    # how far the values of its texts may be from those of all (total variation): further, it says what a ticket is
    variation: float = 0.4
    # texts that are looked through: more find the same
    sample: int = 5_000


_SETTINGS = BoilerplateSettings()


@dataclass(frozen=True, slots=True)
class Boilerplate:
    """Runs of words that count for nothing: lower case, numbers as 0, with line ends and the colons of labels."""

    runs: frozenset[str] = frozenset()

    def removed_from(self, text: str) -> str:
        """Return a text without what is boilerplate in it."""
        if not self.runs:
            return text
        kept, end = list[str](), 0
        for start, stop in self.spans(text):
            kept.append(text[end:start])
            trailing = _TRAILING.match(text, stop)
            end = stop if trailing is None else trailing.end()
        if not kept:
            return text
        kept.append(text[end:])
        lines = "".join(kept).split("\n")
        return "\n".join(line.strip() for line in lines if any(character.isalnum() for character in line))

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where boilerplate begins and ends in a text, in order."""
        tokens = list(_TOKEN.finditer(text))
        start = stop = -1
        for first, after, run in sorted(_runs([_normal(token[0]) for token in tokens])):
            if run not in self.runs:
                continue
            if first > stop:
                if stop > start:
                    yield tokens[start].start(), tokens[stop - 1].end()
                start, stop = first, after
            stop = max(stop, after)
        if stop > start:
            yield tokens[start].start(), tokens[stop - 1].end()


NO_BOILERPLATE = Boilerplate()


@dataclass(frozen=True, slots=True)
class ReadText:
    """A text as it is read, and the value that says what kind of ticket it is, where it has one."""

    text: str
    value: Hashable = None


def find_boilerplate(texts: Sequence[ReadText], before: Boilerplate = NO_BOILERPLATE) -> Boilerplate:
    """Return what stands in a large share of unlike texts; the same for the same texts in the same order.

    Texts are unlike where they begin differently and have different values. What was boilerplate `before` stays it at
    half that share, so that texts are not embedded anew for a few tickets more or less.
    """
    some = texts[:: max(1, len(texts) // _SETTINGS.sample)]
    least = max(_SETTINGS.texts, _SETTINGS.share * len(some))
    counts = Counter(run for entry in some for run in _runs_in(entry.text))
    common = {run for run, count in counts.items() if count >= (least / 2 if run in before.runs else least)}
    if not common:
        return NO_BOILERPLATE
    beginnings, values = defaultdict[str, Counter[str]](Counter), defaultdict[str, Counter[Hashable]](Counter)
    for entry in some:
        beginning = " ".join(_normal(token) for token in _TOKEN.findall(entry.text.partition("\n")[0]))
        for run in _runs_in(entry.text) & common:
            beginnings[run][beginning] += 1
            values[run][entry.value] += 1
    usual = Counter(entry.value for entry in some)
    return Boilerplate(
        frozenset(
            run
            for run in common
            if _effective(beginnings[run]) >= _SETTINGS.beginnings
            and _variation(values[run], usual) <= _SETTINGS.variation
        )
    )


def _runs_in(text: str) -> set[str]:
    return {run for _, _, run in _runs([_normal(token) for token in _TOKEN.findall(text)])}


def _runs(tokens: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Yield (first token, token after, run) of each run of words, label of a form and short line."""
    words = [place for place, token in enumerate(tokens) if token not in {"\n", ":"}]
    size = _SETTINGS.run
    for i in range(len(words) - size + 1):
        yield words[i], words[i + size - 1] + 1, " ".join([tokens[place] for place in words[i : i + size]])
    line = 0
    for place, piece in enumerate((*tokens, "\n")):
        if piece == "\n":
            if 0 < place - line < size:
                yield line, place, f"\n {' '.join(tokens[line:place])} \n"
            line = place + 1
        elif piece == ":" and 0 < place - line <= _SETTINGS.label and ":" not in tokens[line:place]:
            yield line, place + 1, f"\n {' '.join(tokens[line:place])} :"


@lru_cache(maxsize=20_000)  # most words of an organisation's tickets
def _normal(token: str) -> str:
    return token.lower() if token.isalpha() else _DIGITS.sub("0", token.lower())


def _effective(counts: Counter[str]) -> float:
    """Return how many different ones there are, each weighed by how often it occurs (inverse Simpson index)."""
    return float(counts.total() ** 2 / sum(count**2 for count in counts.values()))


def _variation(some: Counter[Hashable], usual: Counter[Hashable]) -> float:
    """Total variation distance of two distributions, from 0 to 1."""
    return sum(abs(some[value] / some.total() - usual[value] / usual.total()) for value in usual) / 2


def boilerplate_in(texts: Iterable[str], boilerplate: Boilerplate) -> Counter[str]:
    """Count, for each passage that counts for nothing, the texts that have it; on one line, numbers as 0."""
    found = Counter[str]()
    for text in texts:
        passages = (text[start:stop] for start, stop in boilerplate.spans(text))
        found.update({" ".join(_DIGITS.sub("0", passage).split()) for passage in passages})
    return found
