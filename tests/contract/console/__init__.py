"""The console's page in a real browser, with responses as the API sends them."""
