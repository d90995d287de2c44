"""The provider's wire contract as facts: actions, parameters, limits and error codes.

Shared by our client and our recogniser.
"""
