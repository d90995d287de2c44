"""Measurements: each prints its table with one command."""
