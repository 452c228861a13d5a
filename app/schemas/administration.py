"""Administration: modes of fields with their evidence, allowed values, trained models, drift."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.schemas.field_types import Key, Value
from kb.records.mode import Mode
from kb.vocabulary.stage import Stage


class ModeBody(BaseModel):
    """The new mode of a field."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"mode": "automatic", "by": "s.lead"}})

    mode: Mode
    by: Value | None = None


class ValuesBody(BaseModel):
    """The values that a field may have in the source system of tickets; an empty list allows any."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"values": ["Network", "Workplace"]}})

    values: Annotated[list[Annotated[Key, Field(max_length=200)]], Field(max_length=10_000)]


class CatalogueView(BaseModel):
    """The allowed values of each listed field; other fields may have any."""

    fields: dict[str, list[str]]


class StatesBody(BaseModel):
    """The organisation's meanings of states; null withdraws an earlier one."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"meanings": {"Awaiting vendor": "waiting"}, "by": "s.lead"}}
    )

    meanings: Annotated[dict[Annotated[str, Field(max_length=200)], Stage | None], Field(min_length=1, max_length=1000)]
    by: Value | None = None


class StateView(BaseModel):
    """A state that incidents have."""

    state: str
    stage: Stage = Field(
        description="Its meaning; incidents in a state of unknown meaning are not learnt from and not in the queue."
    )
    incidents: int
    told: bool = Field(description="Whether the organisation set the meaning.")


class StatesView(BaseModel):
    """The states that incidents have, the unknown ones first."""

    states: list[StateView]


class EvidenceView(BaseModel):
    """How often automatic values were right, on the organisation's own tickets."""

    source: Literal["live", "held out"]
    examples: int
    right: float
    low: float = Field(description="Lower end of the 95 % interval of `right`.")
    high: float
    control_examples: int = Field(description="Resolved tickets that were shown nothing.")
    control_right: float | None = Field(description="Share of those whose best guess was right.")
    enough: bool = Field(description="Whether the field may be automatic.")
    reason: str
    needed: int = Field(description="Examples needed before a field may be automatic.")


class FieldModeView(BaseModel):
    """The mode of a field, and the evidence for setting it to automatic."""

    field: str
    mode: Mode
    since: datetime | None
    by: str | None
    notice: str | None = Field(description="Why the field fell back from automatic, where it did.")
    evidence: EvidenceView


class ModesView(BaseModel):
    """The modes of all fields."""

    fields: list[FieldModeView]
    control_share: float = Field(description="Share of tickets that are shown nothing.")
    precision: float = Field(description="Required share of right automatic values.")


class ModeExampleView(BaseModel):
    """A ticket on which a field would have been filled in, and whether that was right."""

    number: str
    subject: str
    filled: str
    right: str
    is_right: bool


class ModeExamplesView(BaseModel):
    """The newest examples of values that a field would be filled with, wrong ones first, at most half of them wrong."""

    field: str
    examples: list[ModeExampleView]


class KeptModelView(BaseModel):
    """A trained model with its held-out figures by field, and its comparison with the model that served before."""

    version: str
    trained_at: datetime
    serves: bool
    metrics: dict[str, dict[str, Any]]
    comparison: dict[str, Any] | None


class ServingBody(BaseModel):
    """The model to serve with."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"version": "20261129T122626650781Z"}})

    version: Key


class DueView(BaseModel):
    """How much has changed since the training, and the change that makes another one due; null for never."""

    changed: int
    needed: int | None


class ModelsView(BaseModel):
    """The trained models, the newest first."""

    models: list[KeptModelView]
    due: DueView


class EstimateView(BaseModel):
    """A figure with its 95 % interval, null where there is nothing to count."""

    value: float | None
    low: float | None
    high: float | None


class MoverView(BaseModel):
    """A value whose share of all tickets changed."""

    value: str
    before: float
    now: float


class MixView(BaseModel):
    """How the values of a field are distributed, before and now."""

    tickets_before: int
    tickets_now: int
    divergence: float = Field(description="Jensen-Shannon divergence in bits: 0 the same, 1 nothing in common.")
    chance: float = Field(description="Probability of such a difference by chance.")
    moving: bool
    movers: list[MoverView]


class AnswersView(BaseModel):
    """Answers on a field, before and now."""

    answers_before: int
    answers_now: int
    confidence_before: float | None
    confidence_now: float | None
    automatic_before: float | None
    automatic_now: float | None
    right_before: EstimateView
    right_now: EstimateView
    chance: float | None
    confidence_moving: bool
    agreement_moving: bool


class FieldDriftView(BaseModel):
    """What changes in a field."""

    mix: MixView
    answers: AnswersView


class DriftView(BaseModel):
    """The last days compared with those before: whether anything changes, and where."""

    before: datetime
    now: datetime
    until: datetime
    moving: list[str] = Field(description="Fields in which something changes by more than chance.")
    fields: dict[str, FieldDriftView]
