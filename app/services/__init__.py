"""Services: the use cases, one module each, which every face calls."""
