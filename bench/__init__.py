"""Benchmarks of the recogniser (accuracy), the deployed application (system) and larger fleets (scaling).

Each runs as ``python -m bench.NAME`` and prints its figures. They are not part of the deployed package.
"""
