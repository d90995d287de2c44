"""Photos of clearly fictitious permits, generated from a seed, each with the expected OCR answer."""
