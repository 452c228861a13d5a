"""Targets: what is promised, for which incidents, and which target counts where several match."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kb.practice.calendar import Calendar
from kb.records.clock_state import Measure
from kb.vocabulary.priorities import is_level
from kb.vocabulary.stage import Stage

CONDITIONS = ("priority", "service", "group", "customer", "category", "location")
"""What a target may depend on."""

Circumstances = tuple[tuple[str, ...], ...]
"""What is known of an incident at a time, in the order of `CONDITIONS`: of each the names that it goes by."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """Which incidents something is for; a condition that is absent leaves all of them."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def match(self, circumstances: Circumstances) -> bool:
        """Return whether an incident in these circumstances is meant."""
        known = dict(zip(CONDITIONS, circumstances, strict=True))
        return all(any(_equal(name, one, known[name]) for one in wanted) for name, wanted in self.values.items())

    def cover(self, other: Conditions) -> bool:
        """Return whether every incident that the other ones mean is meant here too."""
        return all(
            name in other.values
            and {one.casefold() for one in other.values[name]} <= {one.casefold() for one in wanted}
            for name, wanted in self.values.items()
        )


@dataclass(frozen=True, slots=True)
class Target:
    """A promise: within so many seconds of a calendar's hours, but for the stages that pause."""

    name: str
    measure: Measure
    within: int
    calendar: Calendar
    when: Conditions = field(default_factory=Conditions)
    pauses: frozenset[Stage] = frozenset({Stage.WAITING})
    warn_at: tuple[float, ...] = ()


class TargetList:
    """The targets of one measure in the order of the file: the first that matches counts."""

    def __init__(self, targets: Sequence[Target]) -> None:
        self.targets = tuple(targets)
        named = {name for target in targets for name in target.when.values}
        self._used = [index for index, name in enumerate(CONDITIONS) if name in named]
        self._known: dict[Circumstances, Target | None] = {}

    def target_for(self, circumstances: Circumstances) -> Target | None:
        """Return the target of an incident in these circumstances, `None` where none matches."""
        telling = tuple(circumstances[index] for index in self._used)
        try:
            return self._known[telling]
        except KeyError:
            if len(self._known) > _MOST_KNOWN:
                self._known.clear()
            found = next((one for one in self.targets if one.when.match(circumstances)), None)
            self._known[telling] = found
            return found


# Circumstances whose target is kept: an organisation has thousands, a year of callers is forgotten and begun again.
_MOST_KNOWN = 20_000


def _equal(name: str, wanted: str, names: tuple[str, ...]) -> bool:
    if name == "priority":
        return any(is_level(one, wanted) for one in names)
    return any(one.casefold() == wanted.casefold() for one in names)
