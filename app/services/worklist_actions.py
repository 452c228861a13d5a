"""Doing: the one thing that an item of the worklist asks for, as every face does it."""

from __future__ import annotations

from app.composition import Services
from app.services.draft_polishing import polisher
from kb.curation.workbench import Done, NoActionError
from kb.records.wording import Wording


def do_item(services: Services, item: str, *, by: str | None, polished: bool, keep: str | None = None) -> Done:
    """Do it; `keep` is the article that stays in a merge.

    Raises as `Workbench.do`, NoActionError where a draft is to be polished and nothing is set to do so, and
    PolishError where the language model gives nothing that can be used.
    """
    if not polished:
        return services.workbench.do(item, by=by, keep=keep)
    polish = polisher(services.settings)
    if polish is None:
        raise NoActionError(Wording("no language model is set that could polish it: set TRIAGE_POLISH_URL first"))
    return services.workbench.do(item, by=by, polish=polish)
