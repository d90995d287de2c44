"""Permit OCR as it is deployed: imports point inward, from the composition root to the domain."""

__version__ = "0.2.0"
