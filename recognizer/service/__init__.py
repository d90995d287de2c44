"""The HTTP service: server, queue, workers, metrics and the fake provider."""
