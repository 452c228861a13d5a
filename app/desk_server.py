"""Serving the desk: its pages as a process that listens on a port."""

from __future__ import annotations

import json
import os
import secrets
import sys
import tomllib
from pathlib import Path

from app.commands import console
from app.environment import API_VARIABLE, HOME_VARIABLE
from app.parent import parent
from app.ports import check_port
from app.settings import Settings, SettingsError, read_settings
from kb.records.limits import REQUEST_LIMIT
from models.durable_files import write_atomically

PAGES = Path(__file__).parent / "desk" / "web.py"


def serve_desk(home: Path, *, port: int, api: str) -> None:
    """Serve the desk's pages until a stop signal."""
    check_port("127.0.0.1", port)
    address = f"http://127.0.0.1:{port}"
    secrets_file = _sign_in_file(home, read_settings(home), address)
    environment = {**os.environ, API_VARIABLE: api, HOME_VARIABLE: str(home)}
    if (waiting := parent()) is not None:
        environment |= waiting.handed_on()
    else:
        console.say(f"starting the desk on {address}")
    arguments = [*desk_arguments(port), *([f"--secrets.files={secrets_file}"] if secrets_file else [])]
    os.execve(sys.executable, [sys.executable, *arguments], environment)  # noqa: S606 (our own program)


def _sign_in_file(home: Path, settings: Settings, address: str) -> Path | None:
    """Return what the desk needs to let people sign in at an OpenID provider, in a file that only its owner reads."""
    if settings.oidc_metadata_url is None:
        return None
    home.mkdir(parents=True, exist_ok=True)
    file = home / "sign_in.toml"
    secret = settings.oidc_client_secret
    entries = {
        "redirect_uri": f"{settings.desk_url or address}/oauth2callback",
        "cookie_secret": _cookie_secret(file) or secrets.token_urlsafe(32),
        "client_id": settings.oidc_client_id,
        "client_secret": secret.get_secret_value() if secret else "",
        "server_metadata_url": settings.oidc_metadata_url,
    }
    lines = (f"{name} = {json.dumps(value)}" for name, value in entries.items())
    write_atomically(file, "\n".join(["[auth]", *lines, ""]).encode(), mode=0o600)
    return file


def _cookie_secret(file: Path) -> str | None:
    """Return the secret by which people stay signed in, `None` at the first start; raises SettingsError."""
    if not file.exists():
        return None
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))["auth"]["cookie_secret"]
    except (ValueError, LookupError, TypeError):
        found = None
    if not isinstance(found, str) or not found:
        raise SettingsError(f"{file}: is damaged; delete it and start the desk again: people then sign in anew")
    return found


def desk_arguments(port: int) -> list[str]:
    """Arguments of Python that run the desk: on this machine only, nothing sent anywhere."""
    options = {
        "server.port": port,
        "server.address": "127.0.0.1",
        "server.headless": "true",
        "server.maxUploadSize": REQUEST_LIMIT // 2**20,
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
        "runner.magicEnabled": "false",
        "global.disableWidgetStateDuplicationWarning": "true",
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "logger.level": "warning",
        "logger.hideWelcomeMessage": "true",
        "client.showErrorLinks": "false",
        "theme.light.primaryColor": "#1f5f8b",
        "theme.dark.primaryColor": "#2873a8",
        "theme.dark.linkColor": "#6db3e3",
    }
    return ["-m", "app.desk", "run", str(PAGES), *(f"--{name}={value}" for name, value in options.items())]
