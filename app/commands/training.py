"""Commands that train: classifiers, candidates, the encoder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands import console
from app.commands.arguments import number_between
from app.commands.displays.models import print_metrics, print_retrained, print_tuned, print_weights
from app.commands.options import Home, Json, give_way, home_of, named, open_services, print_json
from app.commands.steps import steps
from training.tuning_effort import EPOCHS, MINUTES

if TYPE_CHECKING:
    from app.services.encoder_tuning import Tuned
    from training.learn import Learnt


def train(
    context: typer.Context,
    fields: Annotated[str | None, typer.Option(help="Fields to train, separated by commas; all by default.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Train a classifier for every field with enough history; the first time, try the finer encoder too."""
    with steps("training") as report, open_services(home_of(context, home)) as services:
        from app.services.training import train_from_history

        found, tried = train_from_history(services, fields=named(fields), report=report)
    if tried is not None:
        finer, second = tried
        print_tuned("the finer encoder", finer)
        found = second if finer.adopted else found
    if found.model is not None:
        print_metrics(found.model.metrics)
    else:
        console.say(f"no field was trained: {found.reason}")
    if found.weights is not None:
        print_weights(found.weights)
    if found.as_filed < found.incidents:
        console.say(
            f"warning: {found.incidents - found.as_filed:,} of {found.incidents:,} incidents came without the history "
            "of their changes; text that was added after logging counts as the caller's words"
        )
    if as_json:
        print_json({**_training_document(found), "tried": _comparison_document(finer) if tried is not None else None})


def retrain_models(
    context: typer.Context,
    if_due: Annotated[bool, typer.Option("--if-due", help="Only if enough has changed.")] = False,
    background: Annotated[bool, typer.Option("--background", help="Run at the lowest priority.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Train a candidate and serve it unless it is worse on the newest incidents than the serving model."""
    from app.composition import suggestion_policy
    from app.services.breaches import learn_breach_forecast
    from app.services.margin_learning import learn_major_margin
    from training.reading import read_anew
    from training.retraining import due, retrain

    if background:
        give_way()
    with open_services(home_of(context, home)) as services:
        if if_due:
            state = due(services.memory, services.models, services.settings.retrain_after)
            if not state.now:
                console.say(f"not due: {state.changed:,} incidents are new, {state.needed or 'never'} are needed")
                if as_json:
                    print_json({"due": asdict(state), "version": None, "promoted": False})
                return
        with steps("retraining") as report:
            learn_breach_forecast(services)
            read_anew(services.memory, services.boilerplate, report=report)
            learn_major_margin(services)
            found = retrain(services.memory, services.models, suggestion_policy(services.settings), report=report)
    print_retrained(found)
    if as_json:
        print_json(asdict(found))


def finetune(
    context: typer.Context,
    fields: Annotated[str | None, typer.Option(help="Fields to learn from, separated by commas.")] = None,
    epochs: Annotated[int, typer.Option(min=1, max=50, help="Passes over the tickets.")] = EPOCHS,
    minutes: Annotated[
        float,
        typer.Option(
            parser=number_between(1, 100_000),
            metavar="MINUTES",
            help="Longest time; tuning takes fewer steps to keep it.",
        ),
    ] = MINUTES,
    shipped: Annotated[bool, typer.Option("--shipped", help="Serve the fast shipped encoder again instead.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Tune the encoder to the organisation's labels and links, and serve it if it is better on held-out incidents."""
    from models.encoder_registry import ENCODERS, EncoderRegistry
    from models.shipped_encoders import FAST

    if shipped:  # also where the tuned encoder cannot be opened
        EncoderRegistry(home_of(context, home) / ENCODERS).choose(FAST)
        console.say("the fast shipped encoder serves again")
        return
    with steps("tuning") as report, open_services(home_of(context, home)) as services:
        from app.services.encoder_tuning import tune_encoder

        tuned = tune_encoder(services, named(fields), epochs=epochs, minutes=minutes, report=report)
    print_tuned("the tuned encoder", tuned)
    if as_json:
        print_json(_comparison_document(tuned))


TRAINING: dict[str, Callable[..., None]] = {
    "train": train,
    "retrain": retrain_models,
    "finetune": finetune,
}


def _comparison_document(tuned: Tuned) -> dict[str, Any]:
    """Return the result of trying another encoder, for JSON."""
    return {
        "version": tuned.version,
        "adopted": tuned.adopted,
        "differences": [{**asdict(entry), "tuned": entry.candidate} for entry in tuned.differences],
    }


def _training_document(found: Learnt) -> dict[str, Any]:
    """Return the result of a training, for JSON."""
    from triage.mode_examples import without_examples

    model, weights = found.model, found.weights
    judged = {"judged": len(weights.ranks), "found_first": round(weights.found_within(1), 4)} if weights else {}
    return {
        "version": model.version if model else None,
        "trained_at": model.trained_at if model else None,
        "fields": without_examples(model.metrics) if model else {},
        "incidents": found.incidents,
        "as_filed": found.as_filed,
        "search": {**asdict(weights.weights), **judged} if weights else None,
    }
