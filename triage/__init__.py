"""Triage: what is decided on tickets: suggestions, questions, security, breaches and major incidents."""
