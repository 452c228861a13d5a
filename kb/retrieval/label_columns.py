"""Label columns: one field's values over all slots of the incident index."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from kb.retrieval.ranking import Mask, same

_NO_LABEL = -1


class LabelColumn:
    """One field's value of every slot, as codes into a growing list of values; -1 is no value."""

    def __init__(self, values: Iterable[str | None]) -> None:
        self.values: list[str] = []
        self._code_of: dict[str, int] = {}
        self._codes: list[int] = []
        self._array = np.zeros(0, dtype=np.int32)
        for value in values:
            self.append(value)

    def append(self, value: str | None) -> None:
        """Set the value of the next slot."""
        self._codes.append(self._code(value))

    def rewrite(self, slot: int, value: str | None) -> None:
        """Set the value of a slot."""
        self._codes[slot] = self._code(value)
        if slot < len(self._array):
            self._array[slot] = self._codes[slot]

    def codes(self) -> NDArray[np.int32]:
        """Return the code of every slot, int32 of shape (slots,)."""
        if len(self._array) != len(self._codes):
            appended = np.array(self._codes[len(self._array) :], dtype=np.int32)
            self._array = np.concatenate([self._array, appended])
        return self._array

    def common(self, least: int, *, among: Mask | None = None) -> tuple[list[str], NDArray[np.int32]]:
        """Return the values with `least` occurrences or more, and each code's place among them, -1 for the others.

        The places have the shape (values + 1,), so that the code -1 leads to -1. `among` says which slots count, all
        unless given.
        """
        codes = self.codes() if among is None else self.codes()[among]
        kept = np.flatnonzero(np.bincount(codes[codes >= 0], minlength=len(self.values)) >= least)
        places = np.full(len(self.values) + 1, -1, dtype=np.int32)
        places[kept] = np.arange(len(kept), dtype=np.int32)
        return [self.values[code] for code in kept], places

    def matching(self, wanted: str) -> Mask:
        """Return which slots have the wanted value, ignoring case, bool of shape (slots,)."""
        codes = [code for code, value in enumerate(self.values) if same(value, wanted)]
        return np.isin(self.codes(), codes)

    def having(self, value: str) -> Mask:
        """Return which slots have exactly this value, bool of shape (slots,)."""
        code = self._code_of.get(value)
        return np.zeros(len(self._codes), dtype=bool) if code is None else self.codes() == code

    def _code(self, value: str | None) -> int:
        if value is None:
            return _NO_LABEL
        code = self._code_of.setdefault(value, len(self.values))
        if code == len(self.values):
            self.values.append(value)
        return code
