"""Documents drawn as SVG, laid on a table in three dimensions and seen through a lens."""
