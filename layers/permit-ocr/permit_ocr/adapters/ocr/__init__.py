"""The OCR provider, through the official SDK."""
