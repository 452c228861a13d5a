"""Models and weights answer only on the data folder whose history they learnt, whole copies and older ones included."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from app.composition import open_services
from kb.retrieval.weights import Weights
from kb.storage.database import Database
from tests.conftest import printers_and_vpn, triage
from tests.older_schema import return_to

TICKET = "the printer on the second floor does not print"


def learnt(home: Path, *, swapped: bool = False) -> Path:
    """A folder that has learnt; of two with the same encoder, one calls everything by the other's name."""
    names = {"Printing": "VPN", "VPN": "Printing"} if swapped else {}
    with open_services(home) as services:
        services.store.put_incidents(
            [one.with_values({"category": names.get(one.category or "", one.category)}) for one in printers_and_vpn()]
        )
    triage("--home", str(home), "train", "--fields", "category")
    with open_services(home) as services:
        services.weights.put(Weights(0.8, 0.2))
    return home


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return learnt(tmp_path_factory.mktemp("ours")), learnt(tmp_path_factory.mktemp("theirs"), swapped=True)


def suggested(home: Path) -> str:
    answer = json.loads(triage("--home", str(home), "suggest", TICKET, "--json").stdout)
    return str(answer["fields"]["category"]["value"])


def test_models_and_weights_of_another_organisation_are_refused(folders: tuple[Path, Path], tmp_path: Path) -> None:
    ours, theirs = folders
    home = shutil.copytree(ours, tmp_path / "home")
    assert suggested(home) == "Printing"
    shutil.copytree(theirs / "models", home / "models", dirs_exist_ok=True)
    said = triage("--home", str(home), "suggest", TICKET, status=1).stderr
    assert "was trained on the incidents of another data folder: train again" in said
    shutil.copy(ours / "models" / "serving.json", home / "models")
    said = triage("--home", str(home), "suggest", TICKET, status=1).stderr
    assert "weights.json: was learnt from the links of another data folder; delete it" in said
    (home / "models" / "weights.json").unlink()
    assert suggested(home) == "Printing"
    kept = json.loads(triage("--home", str(home), "models", "--json").stdout)["models"]
    assert len(kept) == 1
    shutil.copy(theirs / "models" / "serving.json", home / "models")
    triage("--home", str(home), "train", "--fields", "category")
    assert suggested(home) == "Printing"


def test_under_a_running_service_they_leave_its_own_in_place(folders: tuple[Path, Path], tmp_path: Path) -> None:
    ours, theirs = folders
    home = shutil.copytree(ours, tmp_path / "home")
    with open_services(home) as services:
        version, weights = services.assistant.info().version, services.weights.serving()
        shutil.copytree(theirs / "models", home / "models", dirs_exist_ok=True)
        assert services.assistant.info().version == version
        assert services.weights.serving() == weights
        model, learnt_weights = services.warnings()
        assert model.startswith("models/")
        assert "another data folder" in model
        assert learnt_weights.startswith("models/weights.json: was learnt from the links of another data folder")


def test_a_copy_of_the_whole_folder_works(folders: tuple[Path, Path], tmp_path: Path) -> None:
    assert suggested(shutil.copytree(folders[1], tmp_path / "copy")) == "VPN"


def test_a_folder_of_the_version_before_goes_on_with_its_models_and_refuses_foreign_ones(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    ours, theirs = (shutil.copytree(folder, tmp_path / folder.name) for folder in folders)
    for home in (ours, theirs):
        as_before(home)
    shutil.copytree(theirs / "models", tmp_path / "elsewhere")
    assert suggested(ours) == "Printing"
    assert suggested(shutil.copytree(ours, tmp_path / "copy")) == "Printing"
    with open_services(ours) as services:
        assert services.weights.serving() == Weights(0.8, 0.2)
    shutil.copytree(tmp_path / "elsewhere", ours / "models", dirs_exist_ok=True)
    said = triage("--home", str(ours), "suggest", TICKET, status=1).stderr
    assert "was trained on the incidents of another data folder" in said


def as_before(home: Path) -> None:
    """Make a folder one of the version before there were ids and checksums of manifests and state files."""
    database = Database.in_folder(home)
    with database.writing() as connection:
        return_to(connection, "0012")
    database.close()
    for manifest in home.glob("models/*/manifest.json"):
        content = json.loads(manifest.read_text())
        del content["sha256"], content["about"]["data_folder"]
        manifest.write_text(json.dumps({**content, "format": 1}))
    for name in ("serving.json", "weights.json", "tried.json"):
        if (state := home / "models" / name).exists():
            content = json.loads(state.read_text())
            del content["sha256"]
            for entry in content.values():
                if isinstance(entry, dict):
                    del entry["data_folder"]
            state.write_text(json.dumps(content))
