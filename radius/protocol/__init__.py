"""Octets of RADIUS, pure: packets, authenticators, passwords, duplicates, attributes."""
