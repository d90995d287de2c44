"""Photographs in poor conditions: light in linear space, a camera at an angle, a lamination that mirrors windows."""
