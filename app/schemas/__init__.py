"""Schemas: pydantic models of what the API receives and returns; one module per subject, bodies and views together."""
