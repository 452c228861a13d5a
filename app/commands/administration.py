"""Commands for who keeps a desk: models, modes, label changes and imports."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from app.commands import console
from app.commands.options import Home, Json, home_of, is_followed_by_another, open_services, print_json
from app.error_codes import FAILED
from kb.records.api_key import Scope
from kb.records.label_change import LabelChange
from kb.records.mode import Mode

models = typer.Typer(help="The trained models, and which of them serves.", rich_markup_mode=None)
imports = typer.Typer(help="What was imported, and taking it back.", rich_markup_mode=None)
labels = typer.Typer(help="Values that were renamed, merged, split or retired.", rich_markup_mode=None)
modes = typer.Typer(help="What the desk does with suggestions on each field.", rich_markup_mode=None)

keys = typer.Typer(help="Keys of the API: who may call it, and for what.", rich_markup_mode=None)

ADMINISTRATION = {"models": models, "modes": modes, "labels": labels, "imports": imports, "keys": keys}


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
        console.show_models(kept)
        console.say(
            f"{state.changed:,} incidents are new since the training; {state.needed or 'no number'} make another due"
        )


@models.command()
def rollback(
    context: typer.Context,
    version: Annotated[str | None, typer.Argument(help="Version to go back to; the one before unless given.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Let an earlier model serve again, in every process from its next answer on."""
    with open_services(home_of(context, home)) as services:
        chosen = services.models.go_back(version)
    console.say(f"model {chosen} serves now")
    if as_json:
        print_json({"version": chosen})


@modes.callback(invoke_without_command=True)
def list_modes(context: typer.Context, home: Home = None, as_json: Json = False) -> None:
    """List what the desk does with suggestions on each field, and the evidence for letting it be automatic."""
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
        found = ModesView(fields=views, control_share=services.settings.control_share)
    if as_json:
        print(found.model_dump_json())
    else:
        console.show_modes(found)


@modes.command("set")
def set_mode(
    context: typer.Context,
    field: str,
    mode: Mode,
    by: Annotated[str | None, typer.Option(help="Who decided it.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Set what the desk does with suggestions on a field; automatic only on evidence from its own tickets."""
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
    """List what was imported, the newest first."""
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
    number: Annotated[int, typer.Argument(help="Which import, by its number in the list.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Take an import back; what was changed since, by a person or a later import, is left as it is."""
    with open_services(home_of(context, home)) as services:
        found = services.store.imports.undo(number)
    console.say(
        f"{found.removed:,} incidents removed, {found.restored:,} as before, {found.left:,} changed since and left"
    )
    if as_json:
        print_json(asdict(found))


@labels.callback(invoke_without_command=True)
def list_labels(context: typer.Context, home: Home = None, as_json: Json = False) -> None:
    """List the label changes that hold."""
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
    old: Annotated[str, typer.Argument(help="The value as it was called.")],
    new: Annotated[
        list[str] | None, typer.Argument(help="What it is called now; several after a split, none if retired.")
    ] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="From this day on; today if not given.")
    ] = None,
    by: Annotated[str | None, typer.Option(help="Who decided it.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Say that a value was renamed, merged into another, split or retired; history is read accordingly at once."""
    now = datetime.now(UTC)
    moment = since.replace(tzinfo=UTC) if since else now
    if moment > now:
        raise typer.BadParameter("--since: lies in the future; say it on that day")
    if old in (new or ()):
        raise typer.BadParameter(f"{old}: cannot become itself")
    with open_services(home_of(context, home)) as services:
        key = services.store.label_changes.put(LabelChange(field, old, tuple(new or ()), moment, now, by))
    console.say(f"change {key}: {field} {old} became {' and '.join(new or ()) or 'nothing'}")
    if as_json:
        print_json({"id": key})


@labels.command()
def withdraw(
    context: typer.Context,
    number: Annotated[int, typer.Argument(help="Which change, by its number in the list.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Take a label change back."""
    with open_services(home_of(context, home)) as services:
        services.store.label_changes.withdraw(number)
    console.say(f"change {number} is withdrawn")
    if as_json:
        print_json({"id": number})


def forget(
    context: typer.Context,
    caller: Annotated[str, typer.Option(help="Whom to forget, as tickets call them.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Forget a person: their incidents, their name everywhere else, and what models learnt from them."""
    from app.services.erasure import erase_person

    with console.steps("forgetting") as told, open_services(home_of(context, home)) as services:
        found = erase_person(services, caller, report=told)
    serves = f"model {found.model}, learnt without them, serves" if found.model else "none serves"
    console.say(f"{found.incidents:,} incidents removed, the name taken out of {found.named:,} other records")
    console.say(f"{found.jobs} jobs and {found.models} models removed; {serves}")
    if as_json:
        print_json(asdict(found))
    if found.left:
        console.fail(f"still named in {', '.join(found.left)}: remove these files yourself")
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
        print_json({"keys": [{**asdict(key), "scopes": sorted(key.scopes), "holds": key.holds(now)} for key in found]})
    for key in found:
        state = "" if key.holds(now) else "  holds no longer"
        used = f"used {key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never used"
        console.say(f"{key.id}  {key.name}  {', '.join(sorted(key.scopes))}  {used}{state}")


@keys.command("make")
def make_key(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="For whom or what.")],
    scope: Annotated[list[Scope] | None, typer.Option(help="What it opens; suggest unless given.")] = None,
    days: Annotated[float | None, typer.Option(min=0, help="For how many days; until revoked if not given.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Make a key and print it, this once: only a digest of it is kept."""
    with open_services(home_of(context, home)) as services:
        key, text = services.keys.make(name, scope or [Scope.SUGGEST], days=days)
    console.say(f"key {key.id} for {name}; it is shown only now")
    if as_json:
        print_json({"id": key.id, "key": text, "scopes": sorted(key.scopes), "expires_at": key.expires_at})
    else:
        print(text)


@keys.command("revoke")
def revoke_key(
    context: typer.Context,
    key: Annotated[str, typer.Argument(help="Which, by its id in the list.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Let a key hold no longer, from the next request on."""
    with open_services(home_of(context, home)) as services:
        services.keys.revoke(key)
    console.say(f"key {key} is revoked")
    if as_json:
        print_json({"id": key})
