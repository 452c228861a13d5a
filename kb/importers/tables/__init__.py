"""Tables: reads the rows of CSV, XLSX, JSON, JSON Lines, XML and HTML files, packed or not, as text."""

from kb.importers.tables.reading import columns_of, read_table, sheets_of
from kb.importers.tables.row import Row

__all__ = ["Row", "columns_of", "read_table", "sheets_of"]
