"""Conversations with the controllers of gateways and access points, for whoever must have one."""
