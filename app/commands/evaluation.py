"""Commands that prove: what the product would have done, and what stands in its way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, astuple, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from app.commands import console
from app.commands.options import Home, Json, home_of, named, open_services, print_json
from app.commands.outputs import write_csv, write_report


def evaluate_history(
    context: typer.Context,
    holdout: Annotated[float, typer.Option(min=0.01, max=0.9, help="Share of history to ask for.")] = 0.2,
    fields: Annotated[str | None, typer.Option(help="Fields to evaluate, separated by commas.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write one HTML page with plots.", metavar="FILE.html")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Say how right the product would have been on the newest part of history; nothing is changed."""
    with console.steps("evaluating") as told, open_services(home_of(context, home)) as services:
        from app.composition import suggestion_policy
        from training.evaluation import evaluate

        found = evaluate(
            services.store,
            suggestion_policy(services.settings),
            holdout=holdout,
            fields=named(fields),
            report=told,
        )
    console.show_evaluation(found)
    if report is not None:
        from app.reports.evaluation import evaluation_report

        write_report(report, evaluation_report(found))
    if as_json:
        print_json(asdict(found))


def replay_history(
    context: typer.Context,
    since: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")] = None,
    until: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")] = None,
    fields: Annotated[str | None, typer.Option(help="Fields to replay, separated by commas.")] = None,
    delay_days: Annotated[float, typer.Option(min=0, help="Days until the right values are known.")] = 1.0,
    growth: Annotated[float, typer.Option(min=1.05, help="Train anew when history is so many times as long.")] = 1.5,
    minutes_a_field: Annotated[float, typer.Option(min=0, help="Saved by a right automatic value.")] = 1.0,
    minutes_a_wrong_value: Annotated[float, typer.Option(min=0, help="Lost by a wrong one.")] = 10.0,
    minutes_a_reassignment: Annotated[float, typer.Option(min=0, help="Saved where one does not happen.")] = 20.0,
    minutes_an_article: Annotated[float, typer.Option(min=0, help="Saved by the right article at hand.")] = 5.0,
    report: Annotated[Path | None, typer.Option(help="Write one HTML page with plots.", metavar="FILE.html")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Walk through history as if the product had been there, learning as it goes; nothing is changed."""
    from app.composition import suggestion_policy
    from training.replay import Assumptions, replay

    assumptions = Assumptions(
        minutes_a_field=minutes_a_field,
        minutes_a_reassignment=minutes_a_reassignment,
        minutes_an_article=minutes_an_article,
        minutes_a_wrong_value=minutes_a_wrong_value,
        delay=timedelta(days=delay_days),
        growth=growth,
    )
    with console.steps("replaying") as told, open_services(home_of(context, home)) as services:
        found = replay(
            services.store,
            suggestion_policy(services.settings),
            since=since.replace(tzinfo=UTC) if since else None,
            until=until.replace(tzinfo=UTC) + timedelta(days=1) if until else None,
            fields=named(fields),
            assumptions=assumptions,
            report=told,
        )
    console.show_replay(found)
    if report is not None:
        from app.reports.replay import replay_report

        write_report(report, replay_report(found))
    if as_json:
        print_json(asdict(found))


def show_drift(
    context: typer.Context,
    fields: Annotated[str | None, typer.Option(help="Fields to look at, separated by commas.")] = None,
    days: Annotated[float, typer.Option(min=1, help="How many of the last days to compare with those before.")] = 30.0,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Say whether the mix of tickets, confidence or agreement with what was right is moving, and where."""
    from app.presenters.administration import drift_view
    from app.services.field_modes import fields_with_modes
    from training.drift import drift
    from triage.model import DEFAULT_FIELDS

    with open_services(home_of(context, home)) as services:
        found = drift(
            services.store, services.journal, named(fields) or fields_with_modes(services) or DEFAULT_FIELDS, days=days
        )
    console.show_drift(found)
    if as_json:
        print(drift_view(found).model_dump_json())


def doctor(
    context: typer.Context,
    fields: Annotated[str | None, typer.Option(help="Fields to examine, separated by commas.")] = None,
    suspects: Annotated[Path | None, typer.Option(help="List every suspect label in this CSV file.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="How many suspects to put into the JSON.")] = 2000,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Read what was imported and say what stands in the way, worst first; nothing is changed."""
    with console.steps("examining") as told, open_services(home_of(context, home)) as services:
        from training.doctor import examine

        found = examine(
            services.with_encoder(
                services.encoders.untuned()
            ).memory,  # one tuned to these labels would take wrong ones for right
            fields=named(fields),
            precision=services.settings.precision,
            report=told,
        )
    if suspects is not None:
        columns = ("number", "field", "value", "likely", "doubt")
        write_csv(suspects, columns, (astuple(entry) for entry in found.suspects))
    if as_json:
        print_json(asdict(replace(found, suspects=found.suspects[:limit])))
    else:
        console.show_checkup(found)


EVALUATION: dict[str, Callable[..., None]] = {
    "evaluate": evaluate_history,
    "replay": replay_history,
    "drift": show_drift,
    "doctor": doctor,
}
