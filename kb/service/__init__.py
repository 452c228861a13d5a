"""Service: what a running service keeps beside records: keys, jobs, webhooks, predictions, outcomes, locks."""
