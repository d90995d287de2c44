"""Documents laid out in HTML and CSS, rendered by Chromium, and photographed with flat image operations."""
