"""Predictions in the shape of ServiceNow's Predictive Intelligence API."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class SolutionOptions(BaseModel):
    """How many predictions a solution may return, and whether only those above its threshold."""

    model_config = ConfigDict(extra="ignore")

    top_n: Annotated[int, Field(ge=1, le=100)] = 1
    apply_threshold: bool = True


class Output(BaseModel):
    """The prediction: `confidence` and `threshold` are percentages."""

    outcome: str
    confidence: float
    threshold: float


class PredictionResult(BaseModel):
    """The input and the prediction."""

    input: dict[str, str]
    output: Output


class PredictionView(BaseModel):
    """One prediction."""

    result: PredictionResult


class Predicted(BaseModel):
    """One of several predictions; there are no sys_ids here, so `predictedSysId` is empty."""

    confidence: float
    threshold: float
    predictedValue: str  # noqa: N815 (that product's name)
    predictedSysId: str = ""  # noqa: N815 (that product's name)


class PredictionsView(BaseModel):
    """Predictions by solution and record."""

    result: dict[str, dict[str, list[Predicted]]]


class FailureView(BaseModel):
    """An error in that product's format."""

    error: dict[str, str]
    status: str
