"""Makes plain images of what people send, in a process of its own: ``python -m permit_ocr.images.converter``.

Files from anywhere are decoded by libraries written in C, so that process has no credentials, a limit on its memory and
a time to live; whatever becomes of it, the function that started it goes on. It alone loads those libraries.
"""
