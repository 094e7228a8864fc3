"""Tickets: made at the console, printed, listed, revoked, and turned into a right."""
