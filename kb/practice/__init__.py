"""Practice: what the organisation promises and when it works, read from one file, and the clocks that follow."""
