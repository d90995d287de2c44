"""Connections to addresses that a sender or an operator named, opened only where they do not lead inside."""
