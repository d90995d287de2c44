"""The SAM template: validated, transformed, deployed and read back."""
