"""Background: what a service does beside answering."""
