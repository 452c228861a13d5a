"""Authoring: articles as people write, change, merge and export them."""
