"""The HTTP API: routes, and who may call them."""
