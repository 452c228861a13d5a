"""Audit logs of ticket tools, read as events of incidents."""
