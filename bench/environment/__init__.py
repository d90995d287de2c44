"""What the benchmarks run on: built functions, emulated Lambda and AWS, a fake provider, and fault injection."""
