"""Schemas: what the API takes and gives, as pydantic models."""
