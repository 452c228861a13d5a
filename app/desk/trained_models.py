"""Page: the trained models, which of them serves, and going back to an earlier one."""

from __future__ import annotations

from functools import partial

import streamlit as st

from app.desk.charts import table as plain_table
from app.desk.language import _, date_and_time, number, share
from app.desk.shell import did, has_history, page, refused, service, start_box, tried
from app.desk.table import Cell, Column, Mark, Row, table
from app.desk.texts import title_of
from app.schemas.administration import KeptModelView
from models.errors import TriageError


def show() -> None:
    """Lay out the page."""
    page(_("Models"), _("Every training makes a model. You can go back to an earlier one at any time."))
    try:
        models = service().models().models
    except TriageError as error:
        refused(error)
        return
    if not models:
        if has_history():
            start_box(_("No model is trained yet. Training makes one from your resolved tickets."))
        return
    opened = _list(models)
    _detail(opened, next((model for model in models if model.serves), None))


def _list(models: list[KeptModelView]) -> KeptModelView:
    """List the models, the newest first; return the one that is open, whose version stands in the address."""
    by_version = {model.version: model for model in models}
    serving = next((model.version for model in models if model.serves), models[0].version)
    asked = str(st.query_params.get("model", ""))
    opened = asked if asked in by_version else serving
    columns = [Column(_("Trained")), Column(_("State"), "narrow"), Column(_("Right on past tickets"), "wide")]
    rows = [
        Row(
            model.version,
            date_and_time(model.trained_at),
            [
                Cell(date_and_time(model.trained_at), sub=model.version),
                Cell(marks=[Mark(_("in use"), "good")] if model.serves else []),
                Cell(_summary(model)),
            ],
        )
        for model in models
    ]
    chosen = table(_("Models"), columns, rows, key="model-rows", open_row=opened)
    if chosen.opened is not None and chosen.opened != opened:
        st.query_params["model"] = chosen.opened
        st.rerun()
    return by_version[opened]


def _summary(model: KeptModelView) -> str:
    return ", ".join(
        f"{title_of(name)} {share(figures['accuracy'])}"
        for name, figures in model.metrics.items()
        if "accuracy" in figures
    )


def _detail(model: KeptModelView, serving: KeptModelView | None) -> None:
    st.header(_("Model of {moment}").format(moment=date_and_time(model.trained_at)), anchor=False)
    rows = [
        {
            _("Field"): title_of(name),
            _("Tickets"): number(figures.get("examples", 0)),
            _("Values"): number(figures.get("values", 0)),
            _("Right"): share(figures.get("accuracy", 0.0)),
            _("Would fill when sure"): share(figures.get("automatic_share", 0.0)),
            _("Of these right"): share(figures.get("automatic_right", 0.0)),
        }
        for name, figures in model.metrics.items()
    ]
    plain_table(rows)
    st.caption(_("Measured on past tickets that the model had not learned from."))
    if model.serves:
        st.caption(_("This model is in use."))
        return
    is_older = serving is not None and model.trained_at < serving.trained_at
    words = _("Go back to this model") if is_older else _("Use this model")
    if st.button(words, type="primary", key=f"serve-{model.version}") and tried(
        partial(service().serve_model, model.version)
    ):
        before = serving.version if serving is not None else None
        said = _("The model of {moment} is in use now.").format(moment=date_and_time(model.trained_at))
        did(said, undo=partial(service().serve_model, before) if before is not None else None)
        st.rerun()
