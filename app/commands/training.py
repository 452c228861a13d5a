"""Commands that learn: classifiers, candidates, the encoder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands import console
from app.commands.options import Home, Json, give_way, home_of, named, open_services, print_json
from training.tuning_effort import EPOCHS, MINUTES

if TYPE_CHECKING:
    from app.services.encoder_tuning import Tuned
    from training.learn import Learnt


def train(
    context: typer.Context,
    fields: Annotated[str | None, typer.Option(help="Fields to learn, separated by commas; all unless given.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Fit a classifier for every field with enough history; once, the finer encoder is tried too."""
    with console.steps("training") as told, open_services(home_of(context, home)) as services:
        from app.services.encoder_tuning import try_finer
        from training.learn import learn

        found = learn(
            services.memory,
            services.models,
            services.weights,
            fields=named(fields),
            precision=services.settings.precision,
            report=told,
        )
        tried = try_finer(services, found, report=told)
    if tried is not None:
        finer, second = tried
        console.show_tuned("the finer encoder", finer)
        found = second if finer.adopted else found
    if found.model is not None:
        console.show_metrics(found.model.metrics)
    else:
        console.say(f"no field was learnt: {found.reason}")
    if found.weights is not None:
        console.show_weights(found.weights)
    if found.as_filed < found.incidents:
        console.say(
            f"warning: {found.incidents - found.as_filed:,} of {found.incidents:,} incidents came without the history "
            "of their changes; what was added to their texts after logging is learnt as if the caller had said it"
        )
    if as_json:
        print_json({**_learnt(found), "tried": _told(finer) if tried is not None else None})


def retrain_models(
    context: typer.Context,
    if_due: Annotated[bool, typer.Option("--if-due", help="Only where enough has changed.")] = False,
    background: Annotated[bool, typer.Option("--background", help="Take only time that nobody else needs.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Train a candidate and let it serve, unless it is worse on the newest incidents than the model that serves."""
    from app.composition import suggestion_policy
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
        with console.steps("retraining") as told:
            found = retrain(services.memory, services.models, suggestion_policy(services.settings), report=told)
    console.show_retrained(found)
    if as_json:
        print_json(asdict(found))


def finetune(
    context: typer.Context,
    fields: Annotated[str | None, typer.Option(help="Fields to learn from, separated by commas.")] = None,
    epochs: Annotated[int, typer.Option(min=1, max=50, help="How often every ticket is read.")] = EPOCHS,
    minutes: Annotated[float, typer.Option(min=1, help="Fewer steps where tuning would take longer.")] = MINUTES,
    shipped: Annotated[bool, typer.Option("--shipped", help="Go back to the fast shipped encoder instead.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Tune the encoder to the organisation's labels and links; it serves if it is better on held-out incidents."""
    from models.encoder import SHIPPED
    from models.encoder_registry import ENCODERS, EncoderRegistry

    if shipped:  # the way out of an encoder that does not open any more, too
        EncoderRegistry(home_of(context, home) / ENCODERS).choose(SHIPPED)
        console.say("the fast shipped encoder serves again")
        return
    with console.steps("tuning") as told, open_services(home_of(context, home)) as services:
        from app.services.encoder_tuning import tune_desk

        tuned = tune_desk(services, named(fields), epochs=epochs, minutes=minutes, report=told)
    console.show_tuned("the tuned encoder", tuned)
    if as_json:
        print_json(_told(tuned))


TRAINING: dict[str, Callable[..., None]] = {
    "train": train,
    "retrain": retrain_models,
    "finetune": finetune,
}


def _told(tuned: Tuned) -> dict[str, Any]:
    """What became of another encoder, for JSON."""
    return {
        "version": tuned.version,
        "adopted": tuned.adopted,
        "differences": [{**asdict(entry), "tuned": entry.candidate} for entry in tuned.differences],
    }


def _learnt(found: Learnt) -> dict[str, Any]:
    """What was learnt, for JSON."""
    model, weights = found.model, found.weights
    judged = {"judged": len(weights.ranks), "found_first": round(weights.found_within(1), 4)} if weights else {}
    return {
        "version": model.version if model else None,
        "trained_at": model.trained_at if model else None,
        "fields": dict(model.metrics) if model else {},
        "incidents": found.incidents,
        "as_filed": found.as_filed,
        "search": {**asdict(weights.weights), **judged} if weights else None,
    }
