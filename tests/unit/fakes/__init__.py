"""Fakes of the ports: they behave like the adapters, and record what they are called with."""
