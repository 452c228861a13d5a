"""Curation: what a knowledge manager should look at, found in what the desk holds."""
