"""Page: a major incident: why it is proposed, who is affected, its reports, and what a person decides on it."""

from __future__ import annotations

from functools import partial

import streamlit as st

from app.desk.charts import observed_and_expected
from app.desk.dialogs import show_dialog
from app.desk.language import _, counted, date_and_time, number
from app.desk.major_room import show_room
from app.desk.shell import did, go_to, link, page, refused, service, ticket_anchor, tried
from app.desk.texts import label, plain, title_of
from app.desk.visitor import person
from app.desk.watching import watch
from app.schemas.major_incidents import MajorIncidentDetailView, MajorIncidentView, MajorReasonView
from kb.records.errors import EditConflictError
from kb.records.major_incident import MajorDecision, ReasonKind
from models.errors import NotFoundError, TriageError

_SHOWN = 50
_FEW = 0.1  # of fewer reports nobody needs the figure
_OFFERED = 20


def show() -> None:
    """Lay out the page for the major incident in the address."""
    key = st.query_params.get("id", "")
    try:
        major = service().major_incident(key) if key else None
    except NotFoundError:
        major = None
    except TriageError as error:
        page(_("Major incident"))
        refused(error)
        return
    if major is None:
        page(_("Major incident"))
        st.warning(_("There is no major incident {id} here.").format(id=label(key)) if key else _("No major incident."))
        link("majors", _("All major incidents"))
        return
    watch(lambda: service().major_incident(major.id), major)
    page(label(major.subject or major.id, 100), label(_standing(major), 200))
    link("majors", _("All major incidents"))
    if major.merged_into is not None:
        _merged(major, major.merged_into)
        return
    _acts(major)
    if major.decision is MajorDecision.ACCEPTED:
        show_room(major.id)
    facts, reports = st.columns([5, 4], gap="medium")
    with facts:
        _why(major)
        _affected(major)
        _help(major)
    with reports:
        _reports(major)


def decide(major: MajorIncidentView, decision: MajorDecision, words: str) -> None:
    """Keep a decision on a major incident and offer to undo it, unless somebody has decided otherwise meanwhile.

    It is the callback of a button, since a run that sees what somebody else decided no longer has that button.
    """
    before = major.decision

    def undo() -> None:
        if before is MajorDecision.ACCEPTED or decision is not MajorDecision.DEMOTED:
            service().decide_major(major.id, before.value, by=person(), seen=decision.value)

    def keep() -> None:
        try:
            service().decide_major(major.id, decision.value, by=person(), seen=before.value)
        except EditConflictError:
            standing = _standing(service().major_incident(major.id))
            did(_("Not done, since somebody has decided meanwhile: {standing}.").format(standing=standing))
        else:
            did(words.format(subject=major.subject), undo=undo)

    if tried(keep):
        st.session_state.pop("queue", None)


def _few() -> str:
    return _("fewer than {count}").format(count=number(_FEW))


def reason_words(reason: MajorReasonView) -> str:
    """Return why a major incident was proposed, in the reader's language."""
    if reason.kind is ReasonKind.CRITERION:
        return _("It matches the criterion “{name}”.").format(name=reason.criterion)
    counts = {
        "count": number(reason.observed),
        "minutes": number(max(1, round(reason.minutes))),
        "expected": number(round(reason.expected, 1)) if reason.expected >= _FEW else _few(),
    }
    if reason.field is None:
        return _("{count} reports that say the same within {minutes} min; usual are {expected}.").format(**counts)
    return _("{count} reports with {field} “{value}” within {minutes} min; usual are {expected}.").format(
        **counts, field=title_of(reason.field), value=reason.value
    )


def _standing(major: MajorIncidentView) -> str:
    """Return what was decided on a major incident, by whom and when."""
    words = {
        MajorDecision.OPEN: _("Proposed, waiting for a decision"),
        MajorDecision.ACCEPTED: _("Confirmed as a major incident"),
        MajorDecision.REJECTED: _("Dismissed: not a major incident"),
        MajorDecision.DEMOTED: _("Demoted: no longer a major incident"),
    }
    by = f" · {major.decided_by}" if major.decided_by else ""
    at = f" · {date_and_time(major.decided_at)}" if major.decided_at else ""
    return f"{major.id} · {words[major.decision]}{by}{at}"


def _acts(major: MajorIncidentDetailView) -> None:
    """Offer what may be decided as it stands."""
    offered: dict[MajorDecision, list[tuple[str, MajorDecision, str]]] = {
        MajorDecision.OPEN: [
            (_("Confirm major incident"), MajorDecision.ACCEPTED, _("Confirmed as a major incident: {subject}.")),
            (_("Dismiss major incident"), MajorDecision.REJECTED, _("Dismissed, not a major incident: {subject}.")),
        ],
        MajorDecision.ACCEPTED: [
            (_("Demote major incident"), MajorDecision.DEMOTED, _("No longer a major incident: {subject}.")),
        ],
    }
    reopen = [(_("Take decision back"), MajorDecision.OPEN, _("Decision taken back: {subject}."))]
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        for words, decision, told in offered.get(major.decision, reopen):
            is_first = decision is MajorDecision.ACCEPTED
            st.button(
                words,
                key=f"decide-{decision.value}",
                type="primary" if is_first else "secondary",
                on_click=decide,
                args=(major, decision, told),
            )
        if st.button(_("Merge"), key="merge", help=_("Merge this major incident into another one")):
            show_dialog(_("Merge major incidents"), partial(_merge, major))
    for part in major.merged:
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.caption(_("Includes {id}, which was merged into it.").format(id=label(part)))
            if st.button(_("Separate"), key=f"part-{part}", help=_("Separate {id} from it").format(id=label(part))):
                _separate(part)


def _merge(major: MajorIncidentDetailView) -> None:
    """Let the person choose the major incident that this one becomes part of."""
    try:
        others = [one for one in service().major_incidents(limit=_OFFERED).proposals if one.id != major.id]
    except TriageError as error:
        refused(error)
        return
    if not others:
        st.caption(_("There is no other major incident."))
        return
    if major.decision is MajorDecision.ACCEPTED and any(one.decision is not major.decision for one in others):
        others = [one for one in others if one.decision is major.decision]
        st.caption(
            _(
                "A confirmed major incident can only become part of another confirmed one. "
                "Merge the other one into it, or confirm the other one first."
            )
        )
        if not others:
            return
    names = {one.id: f"{one.id}: {one.subject}" for one in others}
    into = st.selectbox(_("Merge into"), list(names), format_func=names.__getitem__)
    if st.button(_("Merge"), key="merge-now", type="primary"):

        def merge() -> None:
            service().merge_majors(major.id, into, by=person())
            words = _("{id} is part of {into} now.").format(id=major.id, into=into)
            did(words, undo=lambda: service().unmerge_major(major.id, by=person()))

        if tried(merge):
            go_to("major", id=into)


def _merged(major: MajorIncidentDetailView, into: str) -> None:
    """Say what a merged one is part of, and offer to part it."""
    link("major", _("It is part of major incident {id}.").format(id=into), id=into)
    if st.button(_("Separate"), key="part", help=_("Separate {id} from it").format(id=label(major.id))):
        _separate(major.id)


def _separate(key: str) -> None:
    if tried(lambda: service().unmerge_major(key, by=person())):
        did(_("{id} stands alone again.").format(id=key))
        st.rerun()


def _why(major: MajorIncidentDetailView) -> None:
    st.header(_("Why"), anchor=False)
    if major.reason is not None:
        st.html(f"<div class='t-head'>{plain(reason_words(major.reason))}</div>")
    if major.words:
        st.html(f"<div class='t-note'>{plain(_('They share: {words}').format(words=', '.join(major.words)))}</div>")
    if any(point.observed for point in major.series):
        alt = counted(len(major.incidents), "{count} report, by five minutes", "{count} reports, by five minutes")
        observed_and_expected(major.series, alt=alt)


def _affected(major: MajorIncidentDetailView) -> None:
    st.header(_("Affected"), anchor=False)
    since = date_and_time(major.since) if major.since else ""
    facts = [
        (_("Since"), since),
        (_("Callers"), number(major.affected.callers) if major.affected.callers else ""),
        (title_of("service"), major.service or ""),
        (title_of("configuration_item"), major.configuration_item or ""),
        (_("Places"), ", ".join(f"{one.value} ({number(one.reports)})" for one in major.affected.locations[:8])),
    ]
    rows = "".join(f"<tr><th>{plain(name)}</th><td>{plain(said)}</td></tr>" for name, said in facts if said)
    st.html(f"<table class='t-table'><tbody>{rows}</tbody></table>")


def _help(major: MajorIncidentDetailView) -> None:
    if major.articles:
        st.header(_("Articles"), anchor=False)
        for article in major.articles:
            link("articles", article.title or article.id, article=article.id)
    if major.past:
        st.header(_("Past major incidents like this"), anchor=False)
        for one in major.past:
            if one.id is not None:
                link("major", one.name, id=one.id)
            else:
                link("ticket", one.name, number=one.incident)


def _reports(major: MajorIncidentDetailView) -> None:
    """Show the incidents that speak for it, the newest first."""
    st.header(counted(len(major.reports), "{count} report", "{count} reports"), anchor=False)
    for report in reversed(major.reports[-_SHOWN:]):
        when = date_and_time(report.opened_at) if report.opened_at else ""
        note = " · ".join(filter(None, (when, report.service, report.location)))
        state = "" if report.is_open else f"<span class='t-tag'>{plain(_('finished'))}</span>"
        st.html(
            f"<div class='t-card'>{ticket_anchor(report.number)}{state} <b>{plain(report.title)}</b>"
            f"<div class='t-note'>{plain(note)}</div></div>"
        )
    if len(major.reports) > _SHOWN:
        st.caption(_("and {count} more").format(count=number(len(major.reports) - _SHOWN)))
