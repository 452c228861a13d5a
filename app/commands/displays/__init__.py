"""Displays: print each answer in a terminal."""
