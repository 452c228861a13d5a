"""Doctor: problems in an organisation's history that keep suggestions from being right, worst first."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from kb.reading.boilerplate import Boilerplate, boilerplate_in, find_boilerplate
from kb.records.columns import label_of
from kb.records.incident import Incident
from kb.records.wording import Values, Wording
from kb.retrieval.incident_index import IncidentIndex
from kb.retrieval.memory import Memory
from models.held_out_predictions import HeldOutPredictions
from training.finding import Finding
from training.fit import NotEnoughHistoryError, fit_field, held_out_figures, what_is_lacking
from training.history import History, Report, read_history
from training.reading import texts_of
from training.record_findings import several_spellings, unknown_states
from training.scheme import Scheme, scheme_of, successors
from triage.model import DEFAULT_FIELDS

# fewest incidents to examine: with fewer every finding could be chance; chosen by hand
LEAST_INCIDENTS = 200
_CATCH_ALL = re.compile(
    r"\b(?:others?|misc|miscellaneous|general|unknown|undefined|default|tbd|n/?a|sonstige\w*|autre\w*|otros?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class DoctorSettings:
    """Limits from which the doctor reports something; all chosen by hand, none tuned."""

    # examples of a finding: as many as can be read at a glance
    shown: int = 5
    # incidents that a finding names: as many as a person looks through at once
    named: int = 20
    # fewest incidents of a value that is judged
    least_of_a_value: int = 10
    # incidents that mostly suffice to learn a value well
    enough_of_a_value: int = 30
    # share of tickets that could be automatic from which a field is called ready
    ready_share: float = 0.2
    # share of incidents from which a badly recognised value is called a catch-all
    catch_all_share: float = 0.1
    # share of incidents from which a value named like a catch-all, such as "Other", is reported
    named_share: float = 0.01
    # difference in recall from the other values that counts as badly recognised
    catch_all_gap: float = 0.15
    # share of the rarer value's incidents taken for the other from which two values count as not told apart
    confused_share: float = 0.3
    # share of texts with the same line from which it is boilerplate
    line_share: float = 0.05
    # fewest characters of such a line: shorter ones are greetings and headings
    line_length: int = 20
    # share of a line's texts in one group from which the line carries information
    line_purity: float = 0.6
    # share of the history's length after which an unused value is dead
    dead_share: float = 0.25
    # fewest days after which it is: a quarter may pass without a seasonal issue
    dead_days: int = 90
    # share of incidents without resolution from which it is reported
    missing_share: float = 0.2
    # fewest characters of a note that is also in the text: shorter ones are there by chance
    leak_length: int = 20


_SETTINGS = DoctorSettings()


@dataclass(frozen=True, slots=True)
class Suspect:
    """An incident whose label is probably wrong: its value, the likely one, and how much more probable that is."""

    number: str
    field: str
    value: str
    likely: str
    doubt: float


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether a field can be relied on, and what it lacks.

    `best_possible` estimates the accuracy that nobody could exceed on these labels; `tickets_needed` how many more
    would give every value thirty.
    """

    field: str
    ready: bool
    examples: int
    accuracy: float | None
    automatic_share: float | None
    best_possible: float | None
    tickets_needed: int
    reason: str


@dataclass(frozen=True, slots=True)
class Checkup:
    """Everything the doctor has to say, worst first."""

    incidents: int
    fields: tuple[Readiness, ...]
    findings: tuple[Finding, ...]
    suspects: tuple[Suspect, ...]


def examine(
    memory: Memory,
    *,
    fields: Sequence[str] | None = None,
    precision: float = 0.95,
    report: Report = lambda *_: None,
) -> Checkup:
    """Examine resolved incidents and return what to mend; raises NotEnoughHistoryError with fewer than 200 of them."""
    memory.refresh()
    index = memory.incidents
    incidents = _in_slots(index, np.ones(index.slots, dtype=bool))
    unknown = list(unknown_states(memory.store.states.uses(), len(incidents)))
    if len(incidents) < LEAST_INCIDENTS:
        words = "{count} resolved incidents are too few to judge by: {least} are needed"
        if unknown:
            words = "{count} resolved incidents are too few to judge by: {least} are needed; {more}"
        more = "; ".join(finding.message for finding in unknown)
        values: Values = {"count": len(incidents), "least": LEAST_INCIDENTS, "more": more}
        raise NotEnoughHistoryError(Wording(words, values))
    encoder = memory.store.encoder
    _, history = read_history(index, encoder, seen=encoder.has_seen, report=report)
    readiness, findings, suspects = list[Readiness](), unknown, list[Suspect]()
    names = tuple(fields or DEFAULT_FIELDS)
    for place, name in enumerate(names):
        report(f"examining {name}", place / len(names))
        lacking = what_is_lacking(index, name)
        counts = Counter(value for incident in incidents if (value := label_of(incident, name)))
        findings += several_spellings(name, counts, len(incidents))
        if lacking is not None:
            if counts or fields:
                readiness.append(_not_ready(name, counts, lacking))
            continue
        scheme = scheme_of(index, name)
        predictions = _FieldPredictions.of(history, name, scheme)
        suspects += predictions.suspects()
        readiness.append(_readiness(predictions, counts, precision))
        findings += predictions.findings(len(incidents))
        findings += _earlier_scheme(index, name, scheme, len(incidents))
        findings += _dead_values(name, _in_slots(index, scheme.slots), len(incidents))
    findings += _not_read(index, memory.store.embeddings.boilerplate)
    findings += [*_boilerplate(incidents), *_missing_resolutions(incidents), *_leaks(incidents)]
    return Checkup(
        len(incidents),
        tuple(readiness),
        tuple(sorted(findings, key=lambda finding: -finding.share)),
        tuple(sorted(suspects, key=lambda suspect: -suspect.doubt)),
    )


@dataclass(frozen=True)
class _FieldPredictions:
    """Held-out predictions of one field: incidents, their codes, and the probability of every value."""

    name: str
    values: tuple[str, ...]
    incidents: Sequence[Incident]
    held_out: HeldOutPredictions

    @classmethod
    def of(cls, history: History, name: str, scheme: Scheme) -> _FieldPredictions:
        model, rows = fit_field(history, name, scheme)
        found = [history.index.incident(int(slot)) for slot in history.slots[rows]]
        incidents = [incident for incident in found if incident is not None]
        return cls(name, model.classifier.values, incidents, model.classifier.held_out)

    def suspects(self) -> Iterator[Suspect]:
        """Yield the incidents whose own value is less probable than another one.

        Ranked by the normalised margin of confident learning (Northcutt, Jiang and Chuang 2021), on predictions of
        models that had not seen the incident.
        """
        found = self.held_out
        for row in np.flatnonzero(found.guesses != found.truth).tolist():
            doubt = round(float(found.confidences[row] - found.chances[row]), 4)
            true, guess = self.values[found.truth[row]], self.values[found.guesses[row]]
            yield Suspect(self.incidents[row].number, self.name, true, guess, doubt)

    def noise(self) -> float:
        """Return the share of labels that are probably wrong, by the confident joint (the same source).

        An incident counts where another value is at least as probable as it is on average for incidents that have it.
        """
        found = self.held_out
        has = [found.truth == code for code in range(len(self.values))]
        usual = np.array([found.chances[rows].mean() if rows.any() else 1.0 for rows in has])
        wrong = (found.guesses != found.truth) & (found.confidences >= usual[found.guesses])
        return float(wrong.mean())

    def findings(self, incidents: int) -> Iterator[Finding]:
        """Yield contradictory labels, catch-all values and values that cannot be told apart."""
        suspects = sorted(self.suspects(), key=lambda suspect: -suspect.doubt)
        noise = self.noise()
        if noise > 0:
            examples = tuple(
                f"{entry.number}: {entry.value}, rather {entry.likely}" for entry in suspects[: _SETTINGS.shown]
            )
            touched = noise * len(self.incidents)
            yield Finding(
                "contradictory labels", self.name, touched / incidents,
                f"about {touched:,.0f} incidents have another {self.name} than those like them; check them first",
                examples, tuple(entry.number for entry in suspects[: _SETTINGS.named]), {"count": round(touched)},
            )  # fmt: skip
        yield from self._contradictions(incidents)
        yield from self._catch_alls(incidents)
        yield from self._confused(incidents)

    def _contradictions(self, incidents: int) -> Iterator[Finding]:
        by_text = defaultdict[str, Counter[str]](Counter)
        numbers = defaultdict[str, list[str]](list)
        for incident, code in zip(self.incidents, self.held_out.truth, strict=True):
            text = " ".join(incident.text.lower().split())
            by_text[text][self.values[code]] += 1
            numbers[text].append(incident.number)
        torn = {text: counts for text, counts in by_text.items() if len(counts) > 1}
        if torn:
            touched = sum(sum(counts.values()) - max(counts.values()) for counts in torn.values())
            worst = sorted(torn.items(), key=lambda entry: -sum(entry[1].values()))[: _SETTINGS.shown]
            yield Finding(
                "same text, different labels", self.name, touched / incidents,
                f"{len(torn):,} texts occur word for word with more than one {self.name}; agree on one",
                tuple(f"“{_cut(text)}”: {', '.join(f'{value} {n}' for value, n in counts.most_common(3))}"
                      for text, counts in worst),
                tuple(number for text, _ in worst for number in numbers[text])[: _SETTINGS.named],
                {"count": len(torn)},
            )  # fmt: skip

    def _catch_alls(self, incidents: int) -> Iterator[Finding]:
        found = self.held_out
        recall = {code: float((found.guesses == code)[found.truth == code].mean()) for code in np.unique(found.truth)}
        usual = float(np.mean(list(recall.values())))
        for code, right in recall.items():
            share = float((found.truth == code).mean())
            named = bool(_CATCH_ALL.search(self.values[code]))
            if (named and share > _SETTINGS.named_share) or (
                share >= _SETTINGS.catch_all_share and right < usual - _SETTINGS.catch_all_gap
            ):
                rows = np.flatnonzero((found.truth == code) & (found.guesses != code))[: _SETTINGS.named]
                missed = [self.incidents[row] for row in rows.tolist()]
                yield Finding(
                    "catch-all value", self.name, share * len(found.truth) / incidents,
                    f"{self.values[code]!r} holds {share:.0%} of incidents and is recognised in {right:.0%} of them; "
                    "split it or say when it may be used",
                    tuple(f"{one.number}: {_cut(one.text)}" for one in missed[: _SETTINGS.shown]),
                    tuple(one.number for one in missed),
                    {"value": self.values[code], "share": round(share, 4), "right": round(right, 4)},
                )  # fmt: skip

    def _confused(self, incidents: int) -> Iterator[Finding]:
        found = self.held_out
        totals = np.bincount(found.truth, minlength=len(self.values))
        wrong = found.guesses != found.truth
        pairs = Counter(zip(found.truth[wrong].tolist(), found.guesses[wrong].tolist(), strict=True))
        for (true, said), count in pairs.items():
            back = pairs.get((said, true), 0)
            enough = min(totals[true], totals[said]) >= _SETTINGS.least_of_a_value
            if true < said and enough and count + back >= _SETTINGS.confused_share * min(totals[true], totals[said]):
                yield Finding(
                    "values that are not told apart", self.name, (count + back) / incidents,
                    f"{self.values[true]!r} and {self.values[said]!r} are taken for each other "
                    f"({count} and {back} times); merge them or say what tells them apart",
                    (), self._confused_numbers(true, said),
                    {"first": self.values[true], "second": self.values[said], "count": count, "back": back},
                )  # fmt: skip

    def _confused_numbers(self, one: int, other: int) -> tuple[str, ...]:
        found = self.held_out
        taken = (
            (found.truth != found.guesses) & np.isin(found.truth, (one, other)) & np.isin(found.guesses, (one, other))
        )
        return tuple(self.incidents[row].number for row in np.flatnonzero(taken)[: _SETTINGS.named].tolist())


def _readiness(predictions: _FieldPredictions, counts: Mapping[str, int], precision: float) -> Readiness:
    held_out = predictions.held_out
    shown = held_out_figures(held_out, len(predictions.values), precision)
    needed = sum(max(_SETTINGS.enough_of_a_value - count, 0) for count in counts.values())
    ready = shown["automatic_share"] >= _SETTINGS.ready_share
    rare = sum(count < _SETTINGS.enough_of_a_value for count in counts.values())
    reason = f"{shown['automatic_share']:.0%} of tickets could be automatic at {precision:.0%} precision" + (
        f"; {rare} of {len(counts)} values have fewer than {_SETTINGS.enough_of_a_value} incidents" if rare else ""
    )
    return Readiness(
        predictions.name, ready, len(held_out.truth), shown["accuracy"], shown["automatic_share"],
        round(max(1 - predictions.noise(), shown["accuracy"]), 4), needed, reason,
    )  # fmt: skip


def _not_ready(name: str, counts: Mapping[str, int], lacking: str) -> Readiness:
    needed = (
        sum(max(_SETTINGS.enough_of_a_value - count, 0) for count in counts.values()) or _SETTINGS.enough_of_a_value
    )
    return Readiness(name, False, sum(counts.values()), None, None, None, needed, lacking)


def _in_slots(index: IncidentIndex, slots: NDArray[np.bool_]) -> list[Incident]:
    return [incident for slot in np.flatnonzero(slots).tolist() if (incident := index.incident(slot)) is not None]


def _earlier_scheme(index: IncidentIndex, name: str, scheme: Scheme, incidents: int) -> Iterator[Finding]:
    """Yield a finding on values that an earlier scheme had and what they are called today."""
    if scheme.since is None:
        return
    old = successors(index, name, scheme)
    before = sum(entry.incidents for entry in old)
    yield Finding(
        "values drawn up anew", name, before / incidents,
        f"{before:,} incidents logged before {scheme.date} have values of another scheme, and {name} is not "
        f"learnt from them; where an old value is one of today's, write it down: triage labels change {name} OLD NEW "
        f"--since {scheme.date}",
        tuple(f"{entry.value}: {entry.incidents:,} incidents, {entry.share:.0%} of them most like {entry.today} today"
              for entry in old[:_SETTINGS.shown]),
        facts={"count": before, "day": str(scheme.date)},
    )  # fmt: skip


def _dead_values(name: str, incidents: Sequence[Incident], everything: int) -> Iterator[Finding]:
    """Yield a finding on values that are no longer used, and what such tickets get since."""
    dated = [(incident.opened_at, value) for incident in incidents
             if incident.opened_at and (value := label_of(incident, name))]  # fmt: skip
    if not dated:
        return
    begin, end = min(at for at, _ in dated), max(at for at, _ in dated)
    quiet = max((end - begin) * _SETTINGS.dead_share, timedelta(days=_SETTINGS.dead_days))
    counts = Counter(value for _, value in dated)
    last: dict[str, datetime] = {}
    first: dict[str, datetime] = {}
    for at, value in dated:
        last[value] = max(at, last.get(value, at))
        first[value] = min(at, first.get(value, at))
    for value, at in last.items():
        if counts[value] >= _SETTINGS.least_of_a_value and at < end - quiet:
            heirs = [
                other
                for other, begun in first.items()
                if at - quiet < begun and counts[other] >= _SETTINGS.least_of_a_value
            ]
            after = f"; begun about then: {', '.join(heirs[:3])}" if heirs else ""
            yield Finding(
                "dead value", name, counts[value] / everything,
                f"{value!r} has {counts[value]} incidents and none since {at:%Y-%m-%d}{after}; retire or rename it", (),
                facts={"value": value, "count": counts[value], "day": f"{at:%Y-%m-%d}"},
            )  # fmt: skip


def _boilerplate(incidents: Sequence[Incident]) -> Iterator[Finding]:
    """Yield a finding on lines that many texts share and that go with no value."""
    texts = Counter[str]()
    groups = defaultdict[str, Counter[str | None]](Counter)
    for incident in incidents:
        for line in {_plain_line(line) for line in incident.text.splitlines()}:
            if len(line) >= _SETTINGS.line_length:
                texts[line] += 1
                groups[line][incident.assignment_group or incident.category] += 1
    for line, count in texts.most_common(50):
        pure = groups[line].most_common(1)[0][1] / count
        if (
            count >= max(_SETTINGS.line_share * len(incidents), _SETTINGS.least_of_a_value)
            and pure < _SETTINGS.line_purity
        ):
            yield Finding(
                "boilerplate", None, count / len(incidents),
                f"a line stands in {count:,} texts whatever they are about; leave it out of the form or mail",
                (_cut(line),), facts={"count": count},
            )  # fmt: skip


def _not_read(index: IncidentIndex, before: Boilerplate) -> Iterator[Finding]:
    """Yield a finding on passages that stand in a large share of texts and are therefore ignored."""
    texts = texts_of(index)
    passages = boilerplate_in((entry.text for entry in texts), find_boilerplate(texts, before))
    if passages:
        shown = passages.most_common(_SETTINGS.shown)
        yield Finding(
            "form or footer", None, shown[0][1] / len(texts),
            "words that texts have whatever they are about count for nothing once they are trained on; nothing to do",
            tuple(f"{count:,} texts: {_cut(passage)}" for passage, count in shown),
        )  # fmt: skip


def _missing_resolutions(incidents: Sequence[Incident]) -> Iterator[Finding]:
    missing = [incident for incident in incidents if not (incident.resolution or "").strip() and not incident.articles]
    share = len(missing) / len(incidents)
    if share >= _SETTINGS.missing_share:
        yield Finding(
            "missing resolution notes", None, share,
            f"{len(missing):,} resolved incidents say neither how they were resolved nor by which article; "
            "nobody can learn a workaround from them",
            tuple(incident.number for incident in missing[:_SETTINGS.shown]),
            tuple(incident.number for incident in missing[:_SETTINGS.named]), {"count": len(missing)},
        )  # fmt: skip


def _leaks(incidents: Sequence[Incident]) -> Iterator[Finding]:
    """Yield a finding on texts that show they were changed after logging."""
    checks: tuple[tuple[str, str, Callable[[Incident], bool]], ...] = (
        ("resolution", "the text of {n:,} incidents holds their own resolution notes", _holds_resolution),
        ("group", "the text of {n:,} incidents names the group that they were assigned to", _names_group),
    )
    for leaked, message, leaks in checks:
        found = [incident for incident in incidents if not incident.is_as_filed and leaks(incident)]
        if len(found) >= max(0.01 * len(incidents), _SETTINGS.shown):
            yield Finding(
                "leak from the future", None, len(found) / len(incidents),
                message.format(n=len(found)) + "; import the history of changes, or figures will be too good",
                tuple(f"{incident.number}: {_cut(incident.text)}" for incident in found[:_SETTINGS.shown]),
                tuple(incident.number for incident in found[:_SETTINGS.named]), {"count": len(found), "leaked": leaked},
            )  # fmt: skip


def _holds_resolution(incident: Incident) -> bool:
    notes = " ".join((incident.resolution or "").lower().split())
    return len(notes) >= _SETTINGS.leak_length and notes in " ".join(incident.text.lower().split())


def _names_group(incident: Incident) -> bool:
    group = (incident.assignment_group or "").lower()
    return len(group) >= 5 and bool(re.search(rf"(?<!\w){re.escape(group)}(?!\w)", incident.text.lower()))


def _plain_line(line: str) -> str:
    return re.sub(r"\d+", "0", " ".join(line.lower().split()))


def _cut(text: str, length: int = 80) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= length else f"{flat[: length - 1]}…"
