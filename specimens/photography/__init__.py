"""Turns a drawn card into a photo: scan, hand-held, poor conditions, copies."""
