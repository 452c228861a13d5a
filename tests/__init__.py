"""Tests: what a user gets, on real parts."""
