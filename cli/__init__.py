"""The ``permit-ocr`` command line interface."""
