"""The RADIUS server: one request in, a decision, one reply out."""
