"""Service: what a running service keeps beside records: keys, jobs, webhooks, predictions, outcomes, locks.

The use cases that people and programs call are in `app/services/`.
"""
