"""Authoring: how people write, change, merge and export articles."""
