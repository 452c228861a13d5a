"""`python -m app` is `triage`."""

from app.cli import main

main()
