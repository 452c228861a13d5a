"""Retrieval: indexes over incidents and articles, and how their evidence is ranked."""
