"""Problems: errors of the API in the form of RFC 9457."""

from __future__ import annotations

from pydantic import BaseModel, Field

from app.schemas.acts import RefusedUndoView
from app.schemas.exceeded import ExceededView, RefusedMoveView
from app.schemas.wordings import WordingView


class FieldProblem(BaseModel):
    """What is wrong with one field."""

    field: str = Field(examples=["short_description"])
    message: str = Field(examples=["String should have at most 100000 characters"])


class Problem(BaseModel):
    """What went wrong, for people and programs."""

    type: str = Field(
        default="about:blank",
        description="Kind of problem, relative to the service's address; about:blank where the status says it all.",
        examples=["/problems/invalid"],
    )
    title: str = Field(examples=["Invalid"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["short_description: String should have at most 100000 characters"])
    errors: list[FieldProblem] = Field(default_factory=list, description="One entry per field that is wrong.")
    exceeded: list[ExceededView] | None = Field(
        default=None,
        description="The limits of the board that keep an incident from being moved; only with over-limit.",
    )
    refused_move: RefusedMoveView | None = Field(
        default=None, description="The move that the workflow does not allow; only where that is the conflict."
    )
    refused_undo: RefusedUndoView | None = Field(
        default=None, description="Why an act is not undone; only where that is the conflict."
    )
    wording: WordingView | None = Field(
        default=None, description="The parts of the detail, for readers of other languages; only where it has some."
    )
    request_id: str | None = Field(
        default=None, description="Id of the request, as in the log.", examples=["5f0c2a91b7d3e846"]
    )
