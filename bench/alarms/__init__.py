"""Causes the trouble of each alarm in the sandbox and measures how long the alarm takes."""
