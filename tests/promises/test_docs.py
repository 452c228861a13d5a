from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from app.commands.main import app
from training.benchmarks.__main__ import OTHERS, SPLIT

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_and_named_file_exists(page: Path) -> None:
    text = page.read_text()
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (page.parent / target).exists(), target
    for name in re.findall(r"`((?:app|kb|models|triage|training|tests|docs)/[\w./-]*)", text):
        assert (ROOT / name).exists(), name


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
