"""Importers: read files of incidents and articles as other tools write them."""
