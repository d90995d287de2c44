"""The holder's name on a travel permit."""
