"""Server-side request forgery guard for URLs from senders and operators: only public addresses are connected to."""
