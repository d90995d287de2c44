"""Finds the card in a photo and reads it, closer if that may show more. Start with ``attempts``."""
