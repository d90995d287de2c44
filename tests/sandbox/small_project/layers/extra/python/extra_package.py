"""A package in a layer."""

WHERE = "layer"
