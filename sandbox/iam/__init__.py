"""The deployed policies, evaluated on the functions' calls of AWS."""
