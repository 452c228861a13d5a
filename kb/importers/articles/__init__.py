"""Import of articles: pages in a folder, and tables."""
