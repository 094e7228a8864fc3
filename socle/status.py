"""Exit statuses of every command; apart, so that the command line starts without the base."""

FAILED = 1
MISCONFIGURED = 2
"""Usage or configuration; a component that ends with it is not started again."""


class Misconfigured(Exception):
    """A component refuses its configuration; it has said why on standard error."""
