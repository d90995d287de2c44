"""Reminders: how long a day with many due cards takes, and what it costs."""
