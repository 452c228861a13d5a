"""Page: whether the desk can rely on its suggestions, and what it does with them."""

from __future__ import annotations

import streamlit as st

from app.desk.charts import before_and_now_bars
from app.desk.parts import asked, page, service, title_of
from app.desk.texts import label, plain
from app.schemas.administration import DriftView, FieldDriftView, FieldModeView, ModelsView
from kb.records.excerpt import excerpt
from kb.records.mode import Mode
from models.errors import TriageError

_MEANS = {
    Mode.OFF: "nothing is predicted",
    Mode.MONITOR: "predicted silently",
    Mode.RECOMMEND: "shown to agents",
    Mode.AUTOMATIC: "filled in where the evidence allows",
}


def show() -> None:
    """Lay out the page."""
    page("Health", "What happens with suggestions on each field, how often they were right, and what is moving.")
    try:
        modes, models = service().modes(), service().models()
    except TriageError as error:
        st.error(label(str(error), 300))
        return
    if not modes.fields:
        st.info("Nothing is learnt yet: import resolved incidents and train.")
        return
    _training(models)
    st.subheader("Fields")
    for entry in modes.fields:
        _field(entry)
    if modes.control_share:
        st.caption(
            f"{modes.control_share:.0%} of numbered tickets are shown nothing, so that accuracy can be measured."
        )
    st.subheader("What is moving")
    days = st.segmented_control("Compare the last", [7, 30, 90], default=30, format_func=lambda count: f"{count} days")
    try:
        _drift(service().drift(days=days or 30))
    except TriageError as error:
        st.info(label(str(error), 300))


def _training(models: ModelsView) -> None:
    serving = next((model for model in models.models if model.serves), None)
    trained, new, needed = st.columns(3)
    trained.metric("trained", f"{serving.trained_at:%Y-%m-%d %H:%M}" if serving else "never")
    new.metric("incidents since then", models.due.changed)
    needed.metric("make another training due", "never" if models.due.needed is None else models.due.needed)


def _field(entry: FieldModeView) -> None:
    evidence = entry.evidence
    notice = f"<div class='t-note'><b>{plain(entry.notice)}</b></div>" if entry.notice else ""
    control = (
        f" On {evidence.control_examples} tickets that were shown nothing the best guess was right for "
        f"{evidence.control_right:.0%}."
        if evidence.control_right is not None
        else ""
    )
    card, choice = st.columns([5, 3], vertical_alignment="center")
    with card:
        st.html(
            f"<div class='t-card'><span class='t-head'>{plain(title_of(entry.field))}</span>"
            f"<span class='t-tag t-plain'>{_MEANS[entry.mode]}</span>{notice}"
            f"<div class='t-note'>{plain(evidence.reason)}.{plain(control)}</div></div>"
        )
    with choice:
        chosen = st.segmented_control(
            label(title_of(entry.field)),
            [mode for mode in Mode if mode is not Mode.AUTOMATIC or evidence.enough or entry.mode is mode],
            default=entry.mode,
            key=f"mode-{entry.field}",
            label_visibility="collapsed",
        )
    if chosen and chosen != entry.mode and asked(lambda: service().set_mode(entry.field, chosen)):
        st.rerun()


def _drift(found: DriftView) -> None:
    if not found.moving:
        st.success(f"Nothing moves by more than chance since {found.now:%Y-%m-%d}.")
    for name, field in found.fields.items():
        if name in found.moving:
            _moving(name, field)


def _moving(name: str, field: FieldDriftView) -> None:
    mix, answers = field.mix, field.answers
    with st.container(border=True):
        st.html(f"<span class='t-head'>{plain(title_of(name))}</span>")
        if mix.moving:
            st.caption(f"The mix of tickets moves (divergence {mix.divergence:.3f}); shares before and now:")
            before_and_now_bars(
                [{"name": excerpt(mover.value, 40), "before": mover.before, "now": mover.now} for mover in mix.movers]
            )
        if answers.confidence_moving:
            st.caption(f"Confidence moves from {answers.confidence_before:.2f} to {answers.confidence_now:.2f}.")
        if answers.agreement_moving:
            st.caption(
                f"The best guess was right for {answers.right_before.value:.0%}, now {answers.right_now.value:.0%}."
            )
