"""Draws printed pages and tickets that show, quote or name a permit."""
