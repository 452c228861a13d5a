"""Health: whether the service runs, and whether it can answer."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from app.schemas.suggestions import ModelView


class Health(BaseModel):
    """Whether the process runs."""

    status: Literal["ok"] = "ok"


class PartView(BaseModel):
    """A part of the service: whether it runs, and what last ended it."""

    name: str = Field(examples=["webhooks"])
    up: bool
    restarts: int = Field(description="How often it was restarted.")
    last_error: str | None = Field(description="Kind of the error that last ended it.", examples=["OSError"])


class ReadinessView(BaseModel):
    """Whether the service can answer, and with which model."""

    status: Literal["ready"] = "ready"
    incidents: int
    articles: int
    model: ModelView
    warnings: list[str] = Field(
        default_factory=list,
        description="What is damaged in the data folder while the last good state keeps serving.",
        examples=[["models/serving.json: is not JSON; restore it from a backup, or train again"]],
    )
    parts: list[PartView] = Field(
        default_factory=list,
        description="Background work of this process; one of several delivers webhooks, runs jobs and trains.",
    )
