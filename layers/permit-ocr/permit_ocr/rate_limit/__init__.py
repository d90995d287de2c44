"""The provider's quota shared by the whole fleet: a GCRA rate limiter and a circuit breaker on DynamoDB."""
