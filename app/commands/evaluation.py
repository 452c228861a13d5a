"""Commands that evaluate: accuracy on history, drift, and problems in the data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, astuple, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from app.commands.arguments import LARGEST_INTEGER, MOST_DAYS, given_day, given_path, number_between
from app.commands.displays.evaluation import print_drift, print_evaluation, print_replay
from app.commands.displays.models import print_checkup
from app.commands.options import Home, Json, home_of, named, open_services, print_json
from app.commands.outputs import write_csv, write_report
from app.commands.steps import steps

_MINUTES = number_between(0, 100_000)  # of work, about a year of it


def evaluate_history(
    context: typer.Context,
    holdout: Annotated[
        float, typer.Option(parser=number_between(0.01, 0.9), metavar="SHARE", help="Share of history to hold out.")
    ] = 0.2,
    fields: Annotated[str | None, typer.Option(help="Fields to evaluate, separated by commas.")] = None,
    report: Annotated[
        Path | None, typer.Option(help="Write one HTML page with plots.", parser=given_path, metavar="FILE.html")
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Evaluate suggestions on the newest part of history; nothing is changed."""
    with steps("evaluating") as report_step, open_services(home_of(context, home)) as services:
        from app.services.job_reports import evaluate_desk

        found = evaluate_desk(services, holdout=holdout, fields=named(fields), report=report_step)
    print_evaluation(found)
    if report is not None:
        from app.reports.evaluation import evaluation_report

        write_report(report, evaluation_report(found))
    if as_json:
        print_json(asdict(found))


def replay_history(
    context: typer.Context,
    since: Annotated[
        datetime | None, typer.Option("--from", parser=given_day, metavar="DAY", help="First day.")
    ] = None,
    until: Annotated[datetime | None, typer.Option("--to", parser=given_day, metavar="DAY", help="Last day.")] = None,
    fields: Annotated[str | None, typer.Option(help="Fields to replay, separated by commas.")] = None,
    delay_days: Annotated[
        float,
        typer.Option(
            parser=number_between(0, MOST_DAYS), metavar="DAYS", help="Days until the right values are known."
        ),
    ] = 1.0,
    growth: Annotated[
        float,
        typer.Option(
            parser=number_between(1.05, 1000), metavar="TIMES", help="Retrain when history has grown by this factor."
        ),
    ] = 1.5,
    minutes_a_field: Annotated[
        float, typer.Option(parser=_MINUTES, metavar="MINUTES", help="Minutes saved by a right automatic value.")
    ] = 1.0,
    minutes_a_wrong_value: Annotated[
        float, typer.Option(parser=_MINUTES, metavar="MINUTES", help="Minutes lost by a wrong one.")
    ] = 10.0,
    minutes_a_reassignment: Annotated[
        float, typer.Option(parser=_MINUTES, metavar="MINUTES", help="Minutes saved by an avoided reassignment.")
    ] = 20.0,
    minutes_an_article: Annotated[
        float, typer.Option(parser=_MINUTES, metavar="MINUTES", help="Minutes saved by the right article.")
    ] = 5.0,
    report: Annotated[
        Path | None, typer.Option(help="Write one HTML page with plots.", parser=given_path, metavar="FILE.html")
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Replay history as if the product had been there, learning along the way; nothing is changed."""
    from app.services.job_reports import replay_desk
    from training.replay import Assumptions

    assumptions = Assumptions(
        minutes_a_field=minutes_a_field,
        minutes_a_reassignment=minutes_a_reassignment,
        minutes_an_article=minutes_an_article,
        minutes_a_wrong_value=minutes_a_wrong_value,
        delay=timedelta(days=delay_days),
        growth=growth,
    )
    with steps("replaying") as report_step, open_services(home_of(context, home)) as services:
        found = replay_desk(
            services,
            since=since,
            until=until + timedelta(days=1) if until else None,
            fields=named(fields),
            assumptions=assumptions,
            report=report_step,
        )
    print_replay(found)
    if report is not None:
        from app.reports.replay import replay_report

        write_report(report, replay_report(found))
    if as_json:
        print_json(asdict(found))


def show_drift(
    context: typer.Context,
    fields: Annotated[str | None, typer.Option(help="Fields to compare, separated by commas.")] = None,
    days: Annotated[
        float,
        typer.Option(
            parser=number_between(1, MOST_DAYS),
            metavar="DAYS",
            help="Last days to compare with those before.",
        ),
    ] = 30.0,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Report where the mix of tickets, the confidence or the accuracy changes."""
    from app.presenters.administration import drift_view
    from app.services.field_modes import fields_with_modes
    from training.drift import drift
    from triage.model import DEFAULT_FIELDS

    with open_services(home_of(context, home)) as services:
        found = drift(
            services.store,
            services.prediction_log,
            named(fields) or fields_with_modes(services) or DEFAULT_FIELDS,
            days=days,
        )
    print_drift(found)
    if as_json:
        print(drift_view(found).model_dump_json())


def doctor(
    context: typer.Context,
    fields: Annotated[str | None, typer.Option(help="Fields to examine, separated by commas.")] = None,
    suspects: Annotated[
        Path | None, typer.Option(help="CSV file for every suspect label.", parser=given_path, metavar="PATH")
    ] = None,
    limit: Annotated[int, typer.Option(min=0, max=LARGEST_INTEGER, help="Most suspects in the JSON.")] = 2000,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Report problems in the imported data, worst first; nothing is changed."""
    with steps("examining") as report_step, open_services(home_of(context, home)) as services:
        from app.services.job_reports import examine_desk

        found = examine_desk(services, fields=named(fields), report=report_step)
    if suspects is not None:
        columns = ("number", "field", "value", "likely", "doubt")
        write_csv(suspects, columns, (astuple(entry) for entry in found.suspects))
    if as_json:
        print_json(asdict(replace(found, suspects=found.suspects[:limit])))
    else:
        print_checkup(found)


EVALUATION: dict[str, Callable[..., None]] = {
    "evaluate": evaluate_history,
    "replay": replay_history,
    "drift": show_drift,
    "doctor": doctor,
}
