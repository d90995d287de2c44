"""The provider's protocol: signatures, common parameters, refusals, answers, downloads."""
