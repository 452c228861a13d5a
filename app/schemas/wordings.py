"""Wordings: sentences in their parts, for readers of other languages."""

from __future__ import annotations

from pydantic import BaseModel, Field

from kb.records.wording import Wording


class WordingView(BaseModel):
    """A sentence with places in braces, and what stands in them."""

    template: str = Field(examples=["no incident {number}"])
    values: dict[str, str | int | list[WordingView]] = Field(examples=[{"number": "INC0010001"}])

    def wording(self) -> Wording:
        """Return what it is a view of."""
        return Wording.from_json(**self.model_dump())
