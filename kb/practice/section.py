"""What the sections of `practice.yaml` have in common: texts, lists of them, and conditions on incidents."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from kb.practice.wording import seconds_of
from kb.vocabulary.stage import Stage

_LONGEST_SECONDS = 366 * 24 * 3600


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def unchanged(value: Any) -> Any:
    """Return a value as it is: a validator that only says what else the JSON schema lets people write."""
    return value


def _duration(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    seconds = seconds_of(value)
    if seconds > _LONGEST_SECONDS:
        raise ValueError(f'"{value}" is longer than a year; write less')
    return timedelta(seconds=seconds)


Text: TypeAlias = Annotated[str, Field(min_length=1, max_length=500)]
Texts: TypeAlias = Annotated[list[Text], BeforeValidator(_listed, json_schema_input_type=list[Text] | Text)]
Stages: TypeAlias = Annotated[list[Stage], BeforeValidator(_listed, json_schema_input_type=list[Stage] | Stage)]
Duration: TypeAlias = Annotated[timedelta, BeforeValidator(_duration, json_schema_input_type=Text)]
_Positive: TypeAlias = Annotated[int, Field(ge=1, le=1_000_000)]
Count: TypeAlias = Annotated[
    _Positive,
    BeforeValidator(unchanged, json_schema_input_type=_Positive | Annotated[str, Field(pattern=r"^[0-9]{1,7}$")]),
]
_Limit: TypeAlias = Annotated[int, Field(ge=0, le=1_000_000)]
LimitCount: TypeAlias = Annotated[
    _Limit,
    BeforeValidator(unchanged, json_schema_input_type=_Limit | Annotated[str, Field(pattern=r"^[0-9]{1,7}$")]),
]
Switch: TypeAlias = Annotated[
    bool, BeforeValidator(unchanged, json_schema_input_type=bool | Annotated[str, Field(pattern="^(true|false)$")])
]


class Section(BaseModel):
    """A part of the document; a field that it does not know is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ConditionsSection(Section):
    """Which incidents a target is for; of each field that is named one value has to match."""

    priority: Texts = Field(default_factory=list, description='A number matches "1 - Critical" and "P1" too.')
    service: Texts = Field(default_factory=list)
    group: Texts = Field(default_factory=list, description="Assignment group.")
    customer: Texts = Field(
        default_factory=list, description="Caller, or a further column named customer, company or organisation."
    )
    category: Texts = Field(default_factory=list)
    location: Texts = Field(default_factory=list)
