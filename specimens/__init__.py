"""Clearly fictitious permit photographs, drawn by seed, each with the answer it should get."""
