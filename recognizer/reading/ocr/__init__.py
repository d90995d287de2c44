"""From pixels to text lines: detection, segmentation, deskewing and text recognition."""
