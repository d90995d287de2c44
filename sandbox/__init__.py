"""The sandbox: runs the built template on this machine, with moto for AWS and AWS's own emulator for the functions."""
