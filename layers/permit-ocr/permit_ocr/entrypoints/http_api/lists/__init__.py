"""Routes that respond with a list, in pages."""
