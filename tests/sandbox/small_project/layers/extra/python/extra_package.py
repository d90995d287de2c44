"""In a layer."""

WHERE = "layer"
