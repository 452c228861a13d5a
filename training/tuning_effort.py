"""Tuning effort: the default length of encoder tuning, in a module that help can import without PyTorch."""

from __future__ import annotations

EPOCHS = 3
"""How often every ticket is read: more takes longer and learns the texts by heart; chosen by hand."""

MINUTES = 70.0
"""How long tuning may take, on a machine without GPU: about a lunch break; chosen by hand."""
