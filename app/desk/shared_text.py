"""Shared texts: what several people write into one record, where nobody's text is overwritten unseen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn
from zlib import crc32

import streamlit as st

from app.desk.differences import show_sides
from app.desk.language import _
from app.desk.shell import did
from app.desk.texts import label
from app.desk.visitor import Keeper, browser
from app.desk.writing import typed_text, writing_field


@dataclass(slots=True)
class SharedText:
    """A text as it is `saved` now, as this person has `seen` it, and as they changed it: `mine`, or `None`.

    `before` is what they had seen before it was taken over from others.
    """

    saved: str
    seen: str
    mine: str | None = None
    before: str | None = None

    @property
    def edition(self) -> int:
        """Return the edition of the field, which tells on which text this person's is based."""
        return _edition(self.seen)

    @property
    def is_contested(self) -> bool:
        """Return whether this person and others changed the text differently."""
        return self.mine is not None and self.saved != self.seen

    def hear(self, kept: str) -> None:
        """Take in what was typed into its field since the page ran."""
        if (typed := typed_text(kept, self.edition)) is not None:
            self.mine = None if typed == self.seen else typed
        elif self.before is not None:
            typed = typed_text(kept, _edition(self.before))
            if typed is not None and typed != self.before:
                self.seen, self.mine, self.before = self.before, typed, None

    def meet(self, saved: str) -> None:
        """Take in what is saved now; it takes the place of what this person has not changed."""
        self.saved = saved
        if saved != self.seen and self.mine in {None, saved}:
            self.seen, self.mine, self.before = saved, None, self.seen

    def hand_in(self, saved: str) -> None:
        """Go on from what became of this person's text."""
        self.saved = self.seen = saved
        self.mine = self.before = None

    def insist(self) -> None:
        """Keep this person's text, now that they have seen what others saved."""
        self.seen, self.before = self.saved, None


@st.cache_resource
def _texts() -> Keeper[SharedText]:
    return Keeper()


def shared_field(name: str, saved: str, *, kept: str, rows: int = 3) -> SharedText:
    """Show a field for a shared text, and below it a choice where this person and others changed it differently."""
    key = f"{browser()} {kept}"
    text = _texts().get(key) or SharedText(saved, saved)
    _texts().put(key, text)
    text.hear(kept)
    text.meet(saved)
    now = text.seen if text.mine is None else text.mine
    writing_field(name, now, kept=kept, edition=text.edition, rows=rows, forgets=True)
    with st.container(gap=None):  # there without a question too, so that the fields below stay
        if text.is_contested:
            _ask(name, text, kept)
    return text


def tell_conflict() -> NoReturn:
    """Say that nothing was saved, since somebody else saved at the same moment, and show both texts."""
    did(_("Not saved: someone else saved at the same moment. Look at it, then save again."))
    st.rerun()


def _ask(name: str, text: SharedText, kept: str) -> None:
    st.warning(label(_("Someone else saved “{name}” meanwhile. Compare and choose.").format(name=name)))
    show_sides(text.mine or "", text.saved, left=_("Yours"), right=_("Saved meanwhile"))
    with st.container(horizontal=True, gap="small"):
        if st.button(_("Keep yours"), key=f"mine-{kept}"):
            text.insist()
            st.rerun()
        if st.button(_("Take what was saved"), key=f"theirs-{kept}"):
            text.hand_in(text.saved)
            st.rerun()


def _edition(text: str) -> int:
    return crc32(text.encode())
