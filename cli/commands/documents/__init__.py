"""Commands that send documents and show their results."""
