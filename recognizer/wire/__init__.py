"""The provider's protocol: signatures, parameters, errors, responses, downloads."""
