"""Health: whether the service runs, and whether it can answer."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from app.schemas.suggestions import ModelView


class Health(BaseModel):
    """Whether the process runs."""

    status: Literal["ok"] = "ok"


class ReadinessView(BaseModel):
    """Whether it can answer, and from what."""

    status: Literal["ready"] = "ready"
    incidents: int
    articles: int
    model: ModelView
    warnings: list[str] = Field(
        default_factory=list,
        description="What is damaged in the data folder while the state before it goes on serving.",
        examples=[["models/serving.json: is not JSON; restore it from a backup, or train again"]],
    )
