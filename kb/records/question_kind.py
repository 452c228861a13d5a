"""Kinds of questions to a caller."""

from __future__ import annotations

from enum import StrEnum


class QuestionKind(StrEnum):
    """What a question asks for."""

    WORDS = "words"
    SERVICE = "service"
    CONFIGURATION_ITEM = "configuration_item"
    LOCATION = "location"
    ERROR_MESSAGE = "error_message"
    SINCE_WHEN = "since_when"
    WHO_ELSE = "who_else"
    WHAT_CHANGED = "what_changed"
