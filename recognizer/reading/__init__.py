"""Reading a card: from a photograph to the fields of an answer. ``reader`` is the way in."""
