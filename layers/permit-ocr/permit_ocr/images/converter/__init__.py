"""Convert files into provider-ready images, in a separate process: ``python -m permit_ocr.images.converter``.

Untrusted files are decoded by libraries written in C. So the process has no credentials, and its memory and time are
limited. If it crashes, the function that started it continues. No other process loads these libraries.
"""
