"""The provider's wire contract, shared by the client and the recogniser."""
