"""Generates fictitious card contents."""
