"""Deletion, by document and by case."""
