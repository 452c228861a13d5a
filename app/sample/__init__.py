"""The sample desk: articles and incidents of a company that does not exist."""
