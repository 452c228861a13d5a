"""Commands for the practice: its file, and the clocks of incidents."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands import console
from app.commands.arguments import given_day, given_path
from app.commands.options import Home, Json, home_of, open_services, print_json
from app.commands.steps import progress
from app.error_codes import FAILED

if TYPE_CHECKING:
    from app.schemas.clocks import ClockDifferenceView
    from kb.practice.located_yaml import Problem

practice = typer.Typer(help="Calendars and targets: practice.yaml.", rich_markup_mode=None, no_args_is_help=True)

PRACTICE = {"practice": practice}

_DAYS = 365
_File = Annotated[
    Path | None,
    typer.Argument(parser=given_path, help="Practice file; by default that of the data folder.", metavar="[FILE]"),
]


@practice.command()
def init(context: typer.Context, home: Home = None, as_json: Json = False) -> None:
    """Write an example of practice.yaml into the data folder, unless there is one."""
    from kb.practice.practice_file import PracticeFile

    chosen = home_of(context, home)
    chosen.mkdir(parents=True, exist_ok=True)
    file = PracticeFile(chosen)
    is_new = file.begin()
    what = "written; replace its values with yours" if is_new else "exists already"
    console.say(f"{file.path}: {what}")
    if as_json:
        print_json({"file": str(file.path), "written": is_new})


@practice.command()
def check(context: typer.Context, file: _File = None, home: Home = None, as_json: Json = False) -> None:
    """List what is wrong with a practice file, with line and field; warnings name what is probably one.

    Without FILE, the templates of notifications in the data folder are checked too.
    """
    from kb.practice.practice_file import PRACTICE_FILE, read_practice_file
    from kb.records.clock_state import Measure
    from kb.service.notification_texts import NotificationTexts

    folder = home_of(context, home)
    path = file or folder / PRACTICE_FILE
    found = read_practice_file(path)
    templates = NotificationTexts(folder, None).check() if file is None else []
    if as_json:
        print_json(
            {
                "file": str(path),
                "problems": list(map(_problem, found.problems)),
                "warnings": list(map(_problem, found.doubts)),
                "templates": templates,
            }
        )
    for doubt in found.doubts:
        console.say(f"{path}: warning: {doubt}")
    for problem in found.problems:
        console.say(f"{path}: {problem}")
    for mistake in templates:
        console.say(f"{folder / mistake}")
    if found.problems or templates:
        raise typer.Exit(FAILED)
    counts = ", ".join(f"{len(found.targets[measure].targets)} for {measure}" for measure in Measure)
    console.say(f"{path}: no mistakes; {len(found.calendars)} calendars; targets: {counts}")


def _problem(one: Problem) -> dict[str, object]:
    return {"line": one.line, "field": one.field, "message": one.message}


@practice.command()
def schema() -> None:
    """Print the JSON schema of practice.yaml."""
    from kb.practice.document import practice_schema

    print_json(practice_schema())


@practice.command("test")
def try_out(
    context: typer.Context,
    new: Annotated[Path, typer.Argument(parser=given_path, help="Practice file to try.", metavar="NEW")],
    since: Annotated[
        datetime | None,
        typer.Option("--from", parser=given_day, metavar="DAY", help="First day; a year ago unless given."),
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--to", parser=given_day, metavar="DAY", help="Last day; today unless given.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", parser=given_path, metavar="FILE", help="Write every clock that changes, as CSV."),
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Show what another practice would have changed for the incidents logged in a period (days in UTC)."""
    from app.commands.displays.clocks import print_rehearsal
    from app.commands.outputs import write_csv
    from app.presenters.clocks import rehearsal_view
    from app.schemas.clocks import ClockDifferenceView
    from app.services.practice_rehearsal import rehearse_practice
    from kb.practice.practice_file import usable_practice

    tried = usable_practice(new)
    now = datetime.now(UTC)
    last = (until or now) + timedelta(days=1)
    first = since or last - timedelta(days=_DAYS)
    if last <= first:
        raise typer.BadParameter("--to lies before --from")
    with open_services(home_of(context, home)) as services, progress("trying", None) as advance:
        found = rehearse_practice(services, tried, since=first, until=last, now=now, advance=advance)
    view = rehearsal_view(
        found.clocks,
        found.notifications,
        found.limits,
        since=first,
        until=last,
        lacks_forecasts=found.lacks_forecasts,
    )
    if out is not None:
        write_csv(out, list(ClockDifferenceView.model_fields), map(_cells, view.differences))
    if as_json:
        print(view.model_dump_json())
    else:
        print_rehearsal(view)


def _cells(changed: ClockDifferenceView) -> list[object]:
    warned = (changed.warned_before, changed.warned_after)
    warnings_text = ["; ".join(f"{one.share:.0%} {one.at.isoformat()}" for one in warnings) for warnings in warned]
    plain = changed.model_dump(mode="json", exclude={"warned_before", "warned_after"})
    return [*plain.values(), *warnings_text]


def clocks(
    context: typer.Context,
    number: Annotated[str, typer.Argument(help="Number of an incident.")],
    explain: Annotated[bool, typer.Option("--explain", help="List what every second counted for.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Show how much of each target of an incident is used, and when it is due."""
    from app.commands.displays.clocks import print_clocks
    from app.presenters.clocks import clocks_view
    from app.services.clocks import incident_clocks

    with open_services(home_of(context, home)) as services:
        view = clocks_view(incident_clocks(services, number, now=datetime.now(UTC)))
    if as_json:
        print(view.model_dump_json())
    else:
        print_clocks(view, explain=explain)
