"""Commands for administrators: models, modes, label changes, imports and keys."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from app.commands import console
from app.commands.arguments import LARGEST_INTEGER, MOST_DAYS, given_day, number_between
from app.commands.displays.models import print_models, print_modes
from app.commands.meanings import stage_called
from app.commands.options import Home, Json, home_of, is_followed_by_another, open_services, print_json
from app.commands.steps import steps
from app.error_codes import FAILED
from kb.records.api_key import ApiKey, Scope
from kb.records.mode import Mode

models = typer.Typer(help="The trained models, and which of them serves.", rich_markup_mode=None)
imports = typer.Typer(help="Imports, and how to undo them.", rich_markup_mode=None)
labels = typer.Typer(help="Values that were renamed, merged, split or retired.", rich_markup_mode=None)
states = typer.Typer(help="What the states of incidents mean.", rich_markup_mode=None)
modes = typer.Typer(help="What happens to the suggestions on each field.", rich_markup_mode=None)

keys = typer.Typer(help="API keys and their scopes.", rich_markup_mode=None)

ADMINISTRATION = {
    "models": models,
    "modes": modes,
    "labels": labels,
    "states": states,
    "imports": imports,
    "keys": keys,
}


@models.callback(invoke_without_command=True)
def list_models(context: typer.Context, home: Home = None, as_json: Json = False) -> None:
    """List every trained model with its figures, the newest first."""
    from training.retraining import due

    if is_followed_by_another(context, home):
        return
    with open_services(home_of(context, home)) as services:
        kept = services.models.kept()
        state = due(services.memory, services.models, services.settings.retrain_after)
    if as_json:
        print_json({"models": [asdict(entry) for entry in kept], "due": asdict(state)})
    else:
        print_models(kept)
        console.say(f"{state.changed:,} incidents are new since the training; {_needed(state.needed)}")


@models.command()
def rollback(
    context: typer.Context,
    version: Annotated[str | None, typer.Argument(help="Version to go back to; by default the one before.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Serve an earlier model again, in every process from its next answer on."""
    with open_services(home_of(context, home)) as services:
        chosen = services.models.go_back(version)
    console.say(f"model {chosen} serves now")
    if as_json:
        print_json({"version": chosen})


@modes.callback(invoke_without_command=True)
def list_modes(context: typer.Context, home: Home = None, as_json: Json = False) -> None:
    """List the mode of each field, and the evidence for setting it to automatic."""
    from app.presenters.administration import field_mode_view
    from app.schemas.administration import ModesView
    from app.services.field_modes import evidence_for, fall_back_without_evidence, fields_with_modes

    if is_followed_by_another(context, home):
        return
    with open_services(home_of(context, home)) as services:
        fall_back_without_evidence(services)
        views = [
            field_mode_view(field, services.modes.of(field), evidence_for(services, field))
            for field in fields_with_modes(services)
        ]
        found = ModesView(
            fields=views, control_share=services.settings.control_share, precision=services.settings.precision
        )
    if as_json:
        print(found.model_dump_json())
    else:
        print_modes(found)


@modes.command("set")
def set_mode(
    context: typer.Context,
    field: str,
    mode: Mode,
    by: Annotated[str | None, typer.Option(help="Name of the person who decided.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Set the mode of a field; automatic needs evidence from the organisation's own tickets."""
    from app.presenters.administration import field_mode_view
    from app.services.field_modes import evidence_for, set_field_mode

    with open_services(home_of(context, home)) as services:
        chosen = set_field_mode(services, field, mode, by=by)
        found = field_mode_view(field, chosen, evidence_for(services, field))
    console.say(f"{field} is {found.mode} now")
    if as_json:
        print(found.model_dump_json())


@imports.callback(invoke_without_command=True)
def list_imports(context: typer.Context, home: Home = None, as_json: Json = False) -> None:
    """List the imports, the newest first."""
    if is_followed_by_another(context, home):
        return
    with open_services(home_of(context, home)) as services:
        found = services.store.imports.all()
    if as_json:
        print_json({"imports": [asdict(entry) for entry in found]})
    for entry in found:
        undone = f", undone {entry.undone_at:%Y-%m-%d %H:%M}" if entry.undone_at else ""
        console.say(f"{entry.id}  {entry.at:%Y-%m-%d %H:%M}  {entry.source}  {entry.changed:,} incidents{undone}")


@imports.command()
def undo(
    context: typer.Context,
    number: Annotated[int, typer.Argument(min=1, max=LARGEST_INTEGER, help="Number of the import in the list.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Undo an import; records that were changed since, by a person or a later import, stay as they are."""
    with open_services(home_of(context, home)) as services:
        found = services.store.imports.undo(number)
    console.say(
        f"{found.removed:,} incidents removed, {found.restored:,} as before, {found.left:,} changed since and left"
    )
    if as_json:
        print_json(asdict(found))


@states.callback(invoke_without_command=True)
def list_states(context: typer.Context, home: Home = None, as_json: Json = False) -> None:
    """List the states that incidents have and what they mean, the unknown ones first."""
    if is_followed_by_another(context, home):
        return
    with open_services(home_of(context, home)) as services:
        found = services.store.states.uses()
    if as_json:
        print_json({"states": [asdict(use) for use in found]})
    for use in found:
        console.say(f"{use.incidents:,}  {use.state or '(none)'}  {use.stage}{', as you said' if use.told else ''}")


@states.command("set")
def set_state(
    context: typer.Context,
    state: Annotated[str, typer.Argument(help="The state as written in incidents.")],
    meaning: Annotated[
        str | None,
        typer.Argument(help="open, finished, cancelled or another stage; leave it out to withdraw the meaning."),
    ] = None,
    by: Annotated[str | None, typer.Option(help="Name of the person who decided.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Set what a state means; every incident in that state is read accordingly at once."""
    stage = None if meaning is None else stage_called(meaning)
    with open_services(home_of(context, home)) as services:
        changed = services.store.states.tell({state: stage}, by=by)
    console.say(f"{state} means {stage or 'what the tools mean by it'}: {changed:,} incidents are read again")
    if as_json:
        print_json({"state": state, "stage": stage, "changed": changed})


@labels.callback(invoke_without_command=True)
def list_labels(context: typer.Context, home: Home = None, as_json: Json = False) -> None:
    """List the label changes in force."""
    if is_followed_by_another(context, home):
        return
    with open_services(home_of(context, home)) as services:
        found = services.store.label_changes.all()
    if as_json:
        print_json({"changes": [asdict(entry) for entry in found]})
    for entry in found:
        became = " and ".join(entry.new) or "nothing"
        console.say(f"{entry.id}  {entry.since:%Y-%m-%d}  {entry.field}: {entry.old} became {became}")


@labels.command("change")
def change_label(
    context: typer.Context,
    field: str,
    old: Annotated[str, typer.Argument(help="The old value.")],
    new: Annotated[
        list[str] | None, typer.Argument(help="The new value; several after a split, none if retired.")
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(parser=given_day, metavar="DAY", help="First day of the new value; today by default."),
    ] = None,
    by: Annotated[str | None, typer.Option(help="Name of the person who decided.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Record that a value was renamed, merged, split or retired; history is read accordingly at once."""
    from app.services.label_changes import record_label_change

    with open_services(home_of(context, home)) as services:
        found = record_label_change(services, field, old, new or (), since=since, by=by)
    console.say(f"change {found.id}: {field} {old} became {' and '.join(found.new) or 'nothing'}")
    if as_json:
        print_json({"id": found.id})


@labels.command()
def withdraw(
    context: typer.Context,
    number: Annotated[int, typer.Argument(min=1, max=LARGEST_INTEGER, help="Number of the change in the list.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Withdraw a label change."""
    with open_services(home_of(context, home)) as services:
        services.store.label_changes.withdraw(number)
    console.say(f"change {number} is withdrawn")
    if as_json:
        print_json({"id": number})


def forget(
    context: typer.Context,
    caller: Annotated[str, typer.Option(help="Name of the person, as in tickets.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Erase a person: their incidents, their name in all other records, and what models learnt from them."""
    from app.services.erasure import erase_person

    with steps("forgetting") as report, open_services(home_of(context, home)) as services:
        found = erase_person(services, caller, report=report)
    serves = f"model {found.model}, learnt without them, serves" if found.model else "none serves"
    console.say(f"{found.incidents:,} incidents removed, the name removed from {found.named:,} other records")
    console.say(f"{found.jobs} jobs and {found.models} models removed; {serves}")
    if as_json:
        print_json(asdict(found))
    if found.left:
        console.fail(f"still named in {', '.join(found.left)}: delete these files by hand")
        raise typer.Exit(FAILED)


@keys.callback(invoke_without_command=True)
def list_keys(context: typer.Context, home: Home = None, as_json: Json = False) -> None:
    """List the keys of the API, the oldest first."""
    if is_followed_by_another(context, home):
        return
    now = datetime.now(UTC)
    with open_services(home_of(context, home)) as services:
        found = services.keys.all()
    if as_json:
        print_json({"keys": [_key_row(key, now) for key in found]})
    for key in found:
        state = "" if key.holds(now) else "  expired or revoked"
        used = f"used {key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never used"
        console.say(f"{key.id}  {key.name}  {', '.join(sorted(key.scopes))}  {used}{state}")


@keys.command("make")
def make_key(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the person or program that uses it.")],
    scope: Annotated[list[Scope] | None, typer.Option(help="Scope; suggest by default.")] = None,
    days: Annotated[
        float | None,
        typer.Option(
            parser=number_between(0, MOST_DAYS), metavar="DAYS", help="Days until it expires; never by default."
        ),
    ] = None,
    group: Annotated[list[str] | None, typer.Option(help="Named group whose restricted incidents it reads.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Make a key and print it once: only a digest of it is stored."""
    with open_services(home_of(context, home)) as services:
        key, text = services.keys.make(name, scope or [Scope.SUGGEST], days=days, groups=group or ())
    console.say(f"key {key.id} for {name}; it is not shown again")
    if as_json:
        print_json({"id": key.id, "key": text, "scopes": sorted(key.scopes), "expires_at": key.expires_at})
    else:
        print(text)


@keys.command("revoke")
def revoke_key(
    context: typer.Context,
    key: Annotated[str, typer.Argument(help="Id of the key in the list.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Revoke a key from the next request on."""
    with open_services(home_of(context, home)) as services:
        services.keys.revoke(key)
    console.say(f"key {key} is revoked")
    if as_json:
        print_json({"id": key})


def _key_row(key: ApiKey, now: datetime) -> dict[str, object]:
    lists = {"scopes": sorted(key.scopes), "groups": sorted(key.groups)}
    return {**asdict(key), **lists, "holds": key.holds(now)}


def _needed(incidents: int | None) -> str:
    """Return how many new incidents make a training due, in words."""
    return f"the next training is due at {incidents:,}" if incidents else "no training will be due"
