from __future__ import annotations

import json
import pkgutil
import subprocess
import sys

import app.desk
import app.schemas
import kb.records

HEAVY = {
    "alembic",
    "app.composition",
    "faiss",
    "kb.storage",
    "matplotlib",
    "models.artefacts",
    "models.encoder",
    "numpy",
    "onnxruntime",
    "scipy",
    "sklearn",
    "sqlalchemy",
    "streamlit",
    "tokenizers",
    "training",
    "triage",
}
_BROUGHT_BY_STREAMLIT = {"numpy", "streamlit"}


def loaded_by(statement: str) -> set[str]:
    """Return the modules that a fresh interpreter has loaded after a statement."""
    program = f"{statement}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120)
    return set(json.loads(done.stdout))


def test_the_records_load_nothing_heavy() -> None:
    names = [entry.name for entry in pkgutil.iter_modules(kb.records.__path__) if entry.name != "value_feedback"]
    assert "outcome" in names
    assert not loaded_by(f"from kb.records import {', '.join(names)}") & HEAVY


def test_the_schemas_load_nothing_heavy() -> None:
    names = [entry.name for entry in pkgutil.iter_modules(app.schemas.__path__)]
    assert "suggestions" in names
    assert not loaded_by(f"from app.schemas import {', '.join(names)}") & HEAVY


def test_the_client_loads_nothing_heavy() -> None:
    loaded = loaded_by("import app.client")
    assert "app.schemas.suggestions" in loaded
    assert not loaded & HEAVY


def test_the_desk_loads_no_store_and_no_model() -> None:
    names = [entry.name for entry in pkgutil.iter_modules(app.desk.__path__) if entry.name not in {"main", "__main__"}]
    assert {"queue", "results", "ticket"} <= set(names)
    loaded = loaded_by(f"from app.desk import {', '.join(names)}\nfrom app.desk.sign_in import settings")
    assert {"streamlit", "app.client"} <= loaded
    assert not loaded & (HEAVY - _BROUGHT_BY_STREAMLIT)


def test_the_help_of_the_command_line_loads_nothing_heavy() -> None:
    loaded = loaded_by("import app.commands.main")
    assert "training.tuning_effort" in loaded  # whose defaults the help shows
    assert not loaded & (HEAVY - {"training"} | {"fastapi", "kb.records.incident", "pydantic"})
