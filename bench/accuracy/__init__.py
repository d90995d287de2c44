"""Accuracy and speed of the recogniser on drawn cards whose content is known."""
