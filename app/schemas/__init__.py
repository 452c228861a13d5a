"""Schemas: what the API takes and returns, as pydantic models; one module a subject, bodies and views together."""
