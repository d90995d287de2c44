"""Labels and values on a card: rows, columns and which value belongs to which label."""
