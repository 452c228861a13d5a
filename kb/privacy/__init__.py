"""What people write to a service desk and nobody should keep: secrets always, who somebody is where that is wanted."""
