from __future__ import annotations

import ast
import re
import shlex
import tokenize
from pathlib import Path

import pytest
from typer.main import get_command

from app.commands.main import app
from training.benchmarks.__main__ import OTHERS, SPLIT

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PACKAGES = ("app", "kb", "models", "triage", "training", "tests")
_PATH = re.compile(rf"(?<![\w./-])((?:{'|'.join(PACKAGES)}|docs)/[\w./-]*[\w/])")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_and_named_file_exists(page: Path) -> None:
    text = page.read_text()
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (page.parent / target).exists(), target
    for name in re.findall(r"`((?:app|kb|models|triage|training|tests|docs)/[\w./-]*)", text):
        assert (ROOT / name).exists(), name


@pytest.mark.parametrize("package", PACKAGES)
def test_comments_and_docstrings_name_what_a_reader_can_open(package: str) -> None:
    experiments = {page.name[:3] for page in (ROOT / "docs" / "experiments").glob("*.md")}
    for source in sorted((ROOT / package).rglob("*.py")):
        said = _comments(source)
        assert [path for path in _PATH.findall(said) if not (ROOT / path).exists()] == [], source
        assert set(re.findall(r"\bexperiments? (\d+)", said)) <= experiments, source
        assert not re.findall(r"\b[Ii]ssue \d+", said), source


def _comments(source: Path) -> str:
    """Return what the comments and docstrings of a module say."""
    with tokenize.open(source) as lines:
        comments = [
            token.string for token in tokenize.generate_tokens(lines.readline) if token.type == tokenize.COMMENT
        ]
    texts = [
        node.value.value
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    ]
    return "\n".join((*comments, *texts))


def test_every_test_that_guards_a_promise_exists() -> None:
    for file, test in re.findall(r"(tests/[\w/]+\.py)::(\w+)", (ROOT / "docs" / "promises.md").read_text()):
        assert f"def {test}(" in (ROOT / file).read_text(), test


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_shown_exists_with_its_options(page: Path) -> None:
    for line in re.findall(
        r"(?<![\w-])triage ((?:import )?[a-z]+(?: [^`\n#&]*)?)",
        "\n".join(re.findall(r"```.*?```|`[^`]+`", page.read_text(), re.DOTALL)),
    ):
        command, words = get_command(app), shlex.split(line)
        while hasattr(command, "commands") and (words or not command.invoke_without_command):
            assert words, line
            assert words[0] in command.commands, line
            command = command.commands[words.pop(0)]
        options = {name for parameter in command.params for name in parameter.opts}
        assert {word for word in words if word.startswith("-") and word != "-"} <= options, line


def test_every_benchmark_is_documented() -> None:
    text = (ROOT / "docs" / "benchmarks.md").read_text()
    for name in (*SPLIT, *OTHERS):
        assert f"training.benchmarks {name}" in text, name


def test_every_make_target_in_the_readme_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in set(re.findall(r"make (\w+)", (ROOT / "README.md").read_text())) - {"and"}:
        assert f"\n{target}:" in makefile, target


def test_dependencies_are_all_pinned() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    listed = [
        *project["dependencies"],
        *(name for extra in project["optional-dependencies"].values() for name in extra),
    ]
    pinned = {
        re.split(r"==", line)[0].lower().replace("_", "-") for line in (ROOT / "constraints.txt").read_text().split()
    }
    for requirement in listed:
        assert re.split(r"[\[<>=]", requirement)[0].lower().replace("_", "-") in pinned, requirement
