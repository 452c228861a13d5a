"""The memory: incidents and KCS articles, their store, search and import."""
