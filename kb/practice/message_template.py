"""Message templates: Jinja2 in a sandbox, so that a template reads what it is given and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from jinja2 import Environment, StrictUndefined, TemplateError, TemplateSyntaxError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from kb.practice.wording import meant


@cache
def sandbox() -> ImmutableSandboxedEnvironment:
    """Return the environment that templates of messages run in; they make plain text."""
    return ImmutableSandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=False, autoescape=False)


def undefined_name(environment: Environment, template: str, known: Iterable[str]) -> tuple[str, int] | None:
    """Return the first name that a template uses and nothing gives a value, with its line; `None` where all are known.

    Raises TemplateSyntaxError where it is no template.
    """
    tree = environment.parse(template)
    unknown = meta.find_undeclared_variables(tree) - {*known, *environment.globals}
    lines = [(name.lineno, name.name) for name in tree.find_all(nodes.Name) if name.name in unknown]
    return next(((name, line) for line, name in sorted(lines)), None)


def checked(template: str, known: Iterable[str]) -> str:
    """Return a template that uses nothing but these names; raises ValueError with what is wrong otherwise."""
    names = tuple(known)
    try:
        sandbox().from_string(template)
        found = undefined_name(sandbox(), template, names)
    except TemplateSyntaxError as error:
        raise ValueError(f"is not a template: {error.message}") from None
    if found is not None:
        raise ValueError(f'knows no "{found[0]}"{meant(found[0], names)}; names are {", ".join(names)}')
    return template


def filled(template: str, values: Mapping[str, object]) -> str:
    """Return the text of a template with its values; raises ValueError where it cannot be filled."""
    try:
        return sandbox().from_string(template).render(values).strip()
    except (TemplateError, ArithmeticError, TypeError, ValueError) as error:
        raise ValueError(f"the template cannot be filled: {error}") from None
