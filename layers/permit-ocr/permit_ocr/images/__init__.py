"""Image files: their formats, their metadata and their conversion for the provider."""
