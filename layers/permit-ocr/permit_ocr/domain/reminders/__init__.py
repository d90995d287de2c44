"""Reminders of cards that expire."""
