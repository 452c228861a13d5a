"""The widget: suggestions in any ticket form, as files that the API serves."""
