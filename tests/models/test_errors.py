"""The tree of errors: every error class of the project is in it, once, and its drawing shows all of them."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from models import errors

_ROOT = Path(__file__).parents[2]
_FLOORS = ("app", "training", "triage", "kb", "models")


def _classes() -> Iterator[tuple[str, str]]:
    """Every error class of the source and its base; private ones never leave their module, so no person meets them."""
    for floor in _FLOORS:
        for path in sorted((_ROOT / floor).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef) and node.name.endswith("Error") and node.name[0] != "_":
                    yield node.name, ast.unparse(node.bases[0])


def _drawing(name: str, children: dict[str, list[str]], indent: str = "") -> Iterator[str]:
    for child in children.get(name, ()):
        is_last = child == children[name][-1]
        yield f"{indent}{'└── ' if is_last else '├── '}{child}"
        yield from _drawing(child, children, indent + ("    " if is_last else "│   "))


def test_every_error_is_in_the_tree_and_in_its_drawing() -> None:
    children: dict[str, list[str]] = {}
    for name, parent in _classes():
        children.setdefault(parent, []).append(name)
    order = list(vars(errors))
    for names in children.values():
        names.sort(key=lambda name: (order.index(name) if name in order else len(order), name))
    drawing = "\n".join(["TriageError", *_drawing("TriageError", children)])
    drawn = sum(map(len, children.values())) - len(children.get("Exception", ()))
    assert drawing.count("── ") == drawn, f"not below TriageError: {children}"
    assert children["Exception"] == ["TriageError"]
    assert drawing in (errors.__doc__ or ""), f"the drawing in models/errors.py should be:\n{drawing}"


def test_no_two_errors_share_a_name() -> None:
    assert [name for name, count in Counter(name for name, _ in _classes()).items() if count > 1] == []
