"""Commands for proposed major incidents: what is proposed and why, decisions, and the back-test."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands import console
from app.commands.arguments import given_day, number_between
from app.commands.major import MAJOR, major
from app.commands.options import Home, Json, home_of, open_services
from app.commands.steps import progress
from kb.records.major_incident import MajorDecision

if TYPE_CHECKING:
    from app.schemas.major_incidents import BacktestView, MajorIncidentView

# the group with the commands of this module
MAJOR_COMMANDS = MAJOR

_DAYS = 90
_Number = Annotated[str, typer.Argument(help="Id of a major incident: the number of its first incident.")]
_By = Annotated[str | None, typer.Option("--by", help="Who does this.")]


@major.command("list")
def list_proposals(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=100)] = 20,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """List the major incidents that were proposed, the newest first."""
    from app.presenters.major_incidents import major_incidents_view

    with open_services(home_of(context, home)) as services:
        view = major_incidents_view(services.major_proposals.newest(limit=limit))
    if as_json:
        print(view.model_dump_json())
        return
    for one in view.proposals:
        _say(one)
    if not view.proposals:
        console.say("no major incident was proposed yet")


@major.command()
def show(context: typer.Context, number: _Number, home: Home = None, as_json: Json = False) -> None:
    """Show a major incident: why it was proposed, who is affected, and similar ones."""
    from app.presenters.major_incidents import major_incident_detail_view
    from app.services.major_incident_facts import major_incident_facts

    with open_services(home_of(context, home)) as services:
        view = major_incident_detail_view(major_incident_facts(services, number))
    if as_json:
        print(view.model_dump_json())
        return
    _say(view)
    console.say(f"callers: {view.affected.callers}  service: {view.service or 'not known'}")
    places = ", ".join(f"{one.value} ({one.reports})" for one in view.affected.locations)
    console.say(f"places: {places or 'not known'}")
    for report in view.reports:
        console.say(f"  {report.number}  {report.title}")
    for article in view.articles:
        console.say(f"article {article.id}: {article.title}")
    for past in view.past:
        console.say(f"like {past.name} ({past.incident})")


@major.command()
def accept(context: typer.Context, number: _Number, by: _By = None, home: Home = None, as_json: Json = False) -> None:
    """Accept a proposed major incident."""
    _decide(context, number, MajorDecision.ACCEPTED, by, home, as_json=as_json)


@major.command()
def reject(context: typer.Context, number: _Number, by: _By = None, home: Home = None, as_json: Json = False) -> None:
    """Reject a proposed major incident."""
    _decide(context, number, MajorDecision.REJECTED, by, home, as_json=as_json)


@major.command()
def merge(
    context: typer.Context,
    number: _Number,
    into: Annotated[str, typer.Argument(help="Id of the one to merge it into.")],
    by: _By = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Merge a major incident into another one."""
    from app.presenters.major_incidents import major_incident_view
    from app.services.major_incidents import merge_majors

    with open_services(home_of(context, home)) as services:
        view = major_incident_view(merge_majors(services, number, into, by=by))
    _answer(view, as_json=as_json)


@major.command()
def backtest(
    context: typer.Context,
    since: Annotated[
        datetime | None,
        typer.Option("--from", parser=given_day, metavar="DAY", help="First day; 90 days ago unless given."),
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--to", parser=given_day, metavar="DAY", help="Last day; today unless given.")
    ] = None,
    false_alarms: Annotated[
        float | None,
        typer.Option(
            parser=number_between(0.001, 1000),
            metavar="NUMBER",
            help="False alarms a week; as practice.yaml says unless given.",
        ),
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Show which major incidents would have been proposed in a past period, and when (days in UTC)."""
    from app.presenters.major_incidents import backtest_view
    from app.services.detection_backtest import backtest_majors

    last = (until or datetime.now(UTC)) + timedelta(days=1)
    first = since or last - timedelta(days=_DAYS)
    if last <= first:
        raise typer.BadParameter("--to lies before --from")
    with open_services(home_of(context, home)) as services, progress("replaying", None) as advance:
        found = backtest_majors(services, since=first, until=last, false_alarms=false_alarms, advance=advance)
    view = backtest_view(found)
    if as_json:
        print(view.model_dump_json())
    else:
        _print_backtest(view)


def _decide(
    context: typer.Context, number: str, decision: MajorDecision, by: str | None, home: Home, *, as_json: bool
) -> None:
    from app.presenters.major_incidents import major_incident_view
    from app.services.major_incidents import decide_major

    with open_services(home_of(context, home)) as services:
        view = major_incident_view(decide_major(services, number, decision, by=by))
    _answer(view, as_json=as_json)


def _answer(view: MajorIncidentView, *, as_json: bool) -> None:
    if as_json:
        print(view.model_dump_json())
    else:
        _say(view)


def _say(one: MajorIncidentView) -> None:
    console.say(f"{one.id}  {one.proposed_at:%Y-%m-%d %H:%M}  {one.decision}  {one.still_open} open  {one.subject}")
    if one.reason is not None:
        console.say(f"  {one.reason.sentence}")


def _print_backtest(view: BacktestView) -> None:
    for one in view.proposals:
        known = one.known_as or "no known major incident"
        console.say(f"{one.at:%Y-%m-%d %H:%M}  minute {one.minute}, {one.reports} reports  {known}")
        console.say(f"  {one.reason.sentence} In the end: {len(one.incidents)}.")
    weekly = f"{view.false_alarms_per_week:.2f} a week ({view.low:.2f} to {view.high:.2f})"
    console.say(
        f"{len(view.proposals)} proposals in {view.reports:,} incidents; "
        f"{view.false_alarms} without a known cause: {weekly}"
    )
