"""Draws documents that are no permit: the recogniser must refuse them."""
