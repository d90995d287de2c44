"""Human review: the list of open reviews, leases and decisions."""
