"""A simulation of the fleet at larger quotas, and its validation against the sandbox."""
