"""Records: what an incident, an article, feedback and a label change are, free of any database."""
