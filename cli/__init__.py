"""The ``permit-ocr`` command: one file for each of its commands."""
