"""Which side of which card the text comes from."""
