"""Triage: from a ticket to a suggestion."""
