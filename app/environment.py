"""Environment variables by which the processes of one data folder find one another."""

from __future__ import annotations

API_VARIABLE = "TRIAGE_API"
KEY_VARIABLE = "TRIAGE_KEY"
HOME_VARIABLE = "TRIAGE_HOME"
