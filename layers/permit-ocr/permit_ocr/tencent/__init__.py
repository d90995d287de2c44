"""The provider's wire contract: actions, parameters, limits, response format and error codes.

Shared by the client and the recogniser.
"""
