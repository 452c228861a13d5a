"""Settings: what an organisation can change, from the environment or `settings.env` in the data folder."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from limits import parse
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings import SettingsError as SourceError

from kb.records.life_cycle import Role
from kb.records.major_incident import LEAST_CALLERS
from kb.records.priority_matrix import DEFAULT_MATRIX, PriorityMatrix, parse_matrix
from models.errors import UnavailableError

SETTINGS_FILE = "settings.env"


class SettingsError(UnavailableError):
    """A setting has a value that cannot be used; the message names it."""


class Settings(BaseSettings):
    """Every setting, each read from `TRIAGE_` and its name."""

    model_config = SettingsConfigDict(env_prefix="TRIAGE_", extra="ignore")

    database_url: Annotated[
        str | None, Field(description="Database, as an SQLAlchemy URL; a SQLite file in the data folder unless set.")
    ] = None
    precision: Annotated[
        float, Field(gt=0.5, lt=1.0, description="Share of automatic values that must be right on held-out incidents.")
    ] = 0.95
    unsure_below: Annotated[
        float, Field(ge=0.0, lt=1.0, description="Confidence under which no value is shown first.")
    ] = 0.3
    priority_matrix: Annotated[
        dict[str, int], Field(description='Priority of each impact and urgency, as JSON such as {"1,1": 1, "1,2": 2}.')
    ] = {f"{impact},{urgency}": priority for (impact, urgency), priority in DEFAULT_MATRIX.items()}
    retrain_after: Annotated[
        float,
        Field(
            ge=0.0,
            le=10.0,
            description="Share of new incidents, of those learnt from, at which the service retrains; 0: never.",
        ),
    ] = 0.1
    control_share: Annotated[
        float,
        Field(ge=0.0, le=0.5, description="Share of numbered tickets that are shown nothing, to measure accuracy by."),
    ] = 0.05
    service_desk_group: Annotated[
        str,
        Field(
            min_length=1,
            max_length=200,
            description="Group to which the desk sends, by the key S, what no other group is known to own.",
        ),
    ] = "Service Desk"
    role: Annotated[Role, Field(description="Role with articles of everybody who was given no other.")] = (
        Role.CONTRIBUTOR
    )
    mask_personal: Annotated[
        bool, Field(description="Mask names, mail addresses and phone numbers in texts too, before anything is kept.")
    ] = False
    always_ask_for_keys: Annotated[
        bool, Field(description="Ask for a key on this machine too, such as behind a proxy.")
    ] = False
    servicenow_solutions: Annotated[
        dict[str, str],
        Field(description='Fields that ServiceNow solutions predict, as JSON such as {"ml_desk": "assignment_group"}.'),
    ] = {}
    polish_url: Annotated[
        str | None,
        Field(
            pattern=r"^https?://",
            description="Address of an OpenAI-compatible API that may word drafts better; drafts stay here unless set.",
        ),
    ] = None
    polish_model: Annotated[str, Field(description="Name of the language model at that address.")] = "default"
    polish_key: Annotated[SecretStr | None, Field(description="Key for that address, where it wants one.")] = None
    automatic_on_urgent: Annotated[
        bool, Field(description="Let automatic fields be automatic on tickets of priority 1 and 2 too.")
    ] = False
    major_reports: Annotated[
        int,
        Field(
            ge=0,
            le=1000,
            description="How many people have to report the same before a major incident is proposed; 0: never.",
        ),
    ] = LEAST_CALLERS
    rate_limit: Annotated[str, Field(description="How many requests each key may send, such as 600/minute.")] = (
        "12000/minute"
    )
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Field(description="From which level on the service logs; at info it logs each request."),
    ] = "info"
    oidc_metadata_url: Annotated[
        str | None,
        Field(
            pattern=r"^https?://",
            description="Metadata document of an OpenID provider, at which people sign in to the desk.",
        ),
    ] = None
    oidc_client_id: Annotated[str, Field(description="Name of the desk at that provider.")] = "triage"
    oidc_client_secret: Annotated[SecretStr | None, Field(description="Its secret there.")] = None
    oidc_name_claim: Annotated[str, Field(description="Claim that names a person.")] = "email"
    oidc_roles_claim: Annotated[str, Field(description="Claim that lists a person's groups.")] = "groups"
    oidc_roles: Annotated[
        dict[str, Role], Field(description='Roles of groups, the first wins, as JSON such as {"kcs": "publisher"}.')
    ] = {}
    desk_url: Annotated[
        str | None, Field(pattern=r"^https?://[^/]+$", description="Address under which people reach the desk.")
    ] = None
    widget_origins: Annotated[
        list[Annotated[str, Field(pattern=r"^https?://[A-Za-z0-9.:\[\]-]+$")]],
        Field(description='Origins of the pages that the widget may be in, as JSON: ["https://desk.example"].'),
    ] = []
    webhook_hosts: Annotated[
        list[str],
        Field(description='Hosts that webhooks may call though they are not public, as JSON: ["hooks.example"].'),
    ] = []
    smtp_password: Annotated[
        SecretStr | None, Field(description="Password at the mail server of notifications, where it wants one.")
    ] = None
    encoder: Annotated[
        Literal["auto", "minilm", "bge-small"],
        Field(
            description="Shipped encoder that a data folder begins with: minilm is fast, bge-small finer and half as "
            "fast. auto: minilm, until the first training of a short history finds bge-small better."
        ),
    ] = "auto"
    encoder_threads: Annotated[
        int | None, Field(ge=1, le=64, description="Threads of the encoder; one per core unless set.")
    ] = None

    @field_validator("priority_matrix")
    @classmethod
    def _matrix_can_be_read(cls, value: dict[str, int]) -> dict[str, int]:
        parse_matrix(value)
        return value

    @field_validator("rate_limit")
    @classmethod
    def _rate_can_be_read(cls, value: str) -> str:
        parse(value)
        return value

    def matrix(self) -> PriorityMatrix:
        """Return the priority of each impact and urgency, by their levels."""
        return parse_matrix(self.priority_matrix)


def read_settings(home: Path, **chosen: Any) -> Settings:
    """Return the settings of a data folder; the environment wins over its file. Raises SettingsError."""
    file = home / SETTINGS_FILE
    if file.is_dir():
        raise SettingsError(f"{file}: is a folder; make it a file of lines such as TRIAGE_LOG_LEVEL=info, or remove it")
    try:
        return Settings(_env_file=file, _env_file_encoding="utf-8", **chosen)  # type: ignore[call-arg]  # pydantic takes them, its types lack them
    except UnicodeDecodeError as error:
        raise SettingsError(f"{file}: is not UTF-8 (byte {error.start:,}); save it as UTF-8") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise SettingsError(f"{_variable(*first['loc'])}: {first['msg']}") from None
    except SourceError as error:
        named = re.search('field "(.+?)"', str(error))
        name = _variable(named[1]) if named else str(error)
        raise SettingsError(f"{name}: is not JSON ({error.__cause__}); docs/operate.md has an example") from None


def _variable(*path: object) -> str:
    """Return the name of the environment variable of a setting."""
    return "TRIAGE_" + "_".join(map(str, path)).upper()
