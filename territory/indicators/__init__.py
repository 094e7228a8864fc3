"""What elected officials read of the service each month: counts, never people."""
