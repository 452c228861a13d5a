"""The application: faces, use cases and background work, and the composition root that builds what they need."""
