"""Displays: what each answer looks like in a terminal."""
