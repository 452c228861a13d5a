"""Record findings: states of unknown meaning, and values that are spelled in several ways."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kb.records.spellings import spellings_of
from kb.storage.state_meanings import StateUse
from kb.vocabulary.stage import Stage
from training.finding import Finding

# examples of a finding: as many as can be read at a glance; chosen by hand
_SHOWN = 5


def unknown_states(uses: Sequence[StateUse], resolved: int) -> Iterator[Finding]:
    """Yield a finding on incidents that are not learnt from because nobody has said what their states mean."""
    unknown = [use for use in uses if use.stage is Stage.UNKNOWN]
    count = sum(use.incidents for use in unknown)
    if count:
        yield Finding(
            "unknown states", None, count / (count + resolved),
            f"{count:,} incidents teach nothing since nobody knows what their states mean; say it with "
            "triage states set STATE MEANING",
            tuple(f"{use.state or '(none)'}: {use.incidents:,}" for use in unknown[:_SHOWN]), facts={"count": count},
        )  # fmt: skip


def several_spellings(field: str, counts: Mapping[str, int], incidents: int) -> Iterator[Finding]:
    """Yield a finding on values of a field that differ only in letter case or spaces."""
    several = spellings_of(counts)
    if several:
        rarer = sum(count for found in several for _, count in found.counts[1:])
        yield Finding(
            "several spellings", field, rarer / incidents,
            f"{len(several):,} values are written in several ways; read them as one with "
            f"triage labels change {field} RARE USUAL",
            tuple(map(str, several[:_SHOWN])), facts={"count": len(several)},
        )  # fmt: skip
