"""Benchmarks: the product measured on real tickets and articles, from outside, by its own commands."""
