"""Privacy: masks secrets in texts, and personal data where the organisation wants that."""
