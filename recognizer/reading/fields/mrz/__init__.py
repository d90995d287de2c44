"""Machine-readable lines: finding them, telling whose they are, and what their check digits prove."""
