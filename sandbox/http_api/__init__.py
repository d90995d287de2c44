"""API Gateway's HTTP API on this machine."""
