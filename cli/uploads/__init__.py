"""Uploads photos and waits for their results."""
