"""The provider's quota, shared by all environments: a GCRA rate limiter and a circuit breaker on DynamoDB.

``dynamodb_rate_limiter`` waits for a call's slot. ``circuit_breaker`` refuses calls while the account or configuration
is at fault. Both keep their state in one item for each action (``limiter_items``), so that a call costs one write.
"""
