"""The faces: command line, HTTP API and desk."""
