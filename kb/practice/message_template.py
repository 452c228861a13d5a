"""Message templates: Jinja2 in a sandbox, so that a template reads what it is given and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment


@cache
def sandbox() -> ImmutableSandboxedEnvironment:
    """Return the environment that templates of messages run in; they make plain text."""
    return ImmutableSandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=False, autoescape=False)


def filled(template: str, values: Mapping[str, str | int | None]) -> str:
    """Return the text of a template with its values; raises ValueError where it cannot be filled."""
    try:
        return sandbox().from_string(template).render(values).strip()
    except (TemplateError, ArithmeticError, TypeError, ValueError) as error:
        raise ValueError(f"the template cannot be filled: {error}") from None
