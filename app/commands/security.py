"""Commands for security incidents; restricted incidents are only counted, never shown."""

from __future__ import annotations

from typing import Annotated

import typer

from app.commands import console
from app.commands.options import Home, Json, home_of, is_followed_by_another, open_services, print_json
from kb.records.security import SecurityKind, Tlp

security = typer.Typer(help="Security incidents: procedures, and who sees which.", rich_markup_mode=None)

SECURITY = {"security": security}


@security.callback(invoke_without_command=True)
def list_procedures(context: typer.Context, home: Home = None, as_json: Json = False) -> None:
    """Show the procedure for each kind of security incident, and how many incidents are restricted."""
    from app.presenters.security import procedures_view

    if is_followed_by_another(context, home):
        return
    with open_services(home_of(context, home)) as services:
        found = procedures_view(services.practice.practice().security)
        counts = services.store.restricted.counts()
    if as_json:
        print_json({**found.model_dump(), "total": counts.total, "still_open": counts.still_open})
        return
    for one in found.procedures:
        console.say(f"{one.kind}  {one.severity}  TLP:{one.tlp.upper()}  {one.group or 'no group'}")
        for line in one.do:
            console.say(f"  do: {line}")
        for line in one.do_not:
            console.say(f"  {line}")
    console.say(f"{counts.total:,} incidents are restricted, {counts.still_open:,} of them open")


@security.command()
def restrict(
    context: typer.Context,
    number: str,
    kind: SecurityKind,
    tlp: Annotated[Tlp | None, typer.Option(help="Marking; a stricter one in the practice wins.")] = None,
    person: Annotated[list[str] | None, typer.Option(help="Person who sees it.")] = None,
    group: Annotated[
        list[str] | None, typer.Option(help="Named group that sees it, instead of the practice's.")
    ] = None,
    by: Annotated[str | None, typer.Option(help="Name of the person who decided; they see it too.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Restrict an incident to named people and groups; from then on no command shows it."""
    from app.services.security import WantedRestriction, restrict_incident
    from kb.records.security import NOBODY

    groups = None if group is None else tuple(group)
    wanted = WantedRestriction(kind, tlp=tlp, people=tuple(person or ()), groups=groups)
    with open_services(home_of(context, home)) as services:
        found = restrict_incident(services, number, wanted, NOBODY, by=by).restriction
    console.say(f"{number} is restricted, TLP:{found.tlp.upper()}; {', '.join((*found.people, *found.groups))} see it")
    if as_json:
        print_json({"number": number, "tlp": found.tlp, "people": found.people, "groups": found.groups})
