"""A person's decision on a document whose verdict is *review*."""
