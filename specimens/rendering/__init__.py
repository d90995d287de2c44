"""Draws a card side as an image."""
