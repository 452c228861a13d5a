"""Curation: finds what a knowledge manager should look at in articles and incidents."""
