"""AWS on this machine: moto's server, corrected where it differs from AWS."""
