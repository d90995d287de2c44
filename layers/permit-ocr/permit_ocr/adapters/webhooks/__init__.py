"""Signing and delivering webhooks."""
