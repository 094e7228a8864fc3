"""Segments' keys, wrapped for pairs of custodians; drills and new pairs."""
