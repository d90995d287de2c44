"""The routes of human review."""

from permit_ocr.entrypoints.http_api.reviews import image_by_document, open_reviews, review_by_document

REVIEW_ROUTES = (open_reviews, review_by_document, image_by_document)
"""Modules with ``add_routes``."""

__all__ = ["REVIEW_ROUTES"]
