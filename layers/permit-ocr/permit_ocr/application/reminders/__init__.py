"""Reminders of cards that expire: watch a card, send what is due, list what expires when.

A deployment without ``ExpiryNoticeDays`` has none of this.
"""
