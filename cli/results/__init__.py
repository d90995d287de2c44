"""Prints results and writes them to files."""
