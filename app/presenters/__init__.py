"""Presenters: what the product works with, as the views that every face returns."""
