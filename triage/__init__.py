"""The decision: from a ticket to a suggestion."""
