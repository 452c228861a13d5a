"""A deck of cards: deals values in fixed shares, so that every stretch of tickets holds about as many of each."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Generic, TypeVar

Card = TypeVar("Card")


class Deck(Generic[Card]):
    """Cards of given numbers in random order, shuffled again once all are dealt."""

    def __init__(self, chance: random.Random, cards: Mapping[Card, int]) -> None:
        self._chance = chance
        self._cards = [card for card, count in cards.items() for _ in range(count)]
        self._left = list[Card]()

    def deal(self) -> Card:
        """Return the next card."""
        if not self._left:
            self._left = self._chance.sample(self._cards, len(self._cards))
        return self._left.pop()
