"""`python -m app` is `triage`."""

from app.commands.main import main

main()
