"""Gateways and phones that behave as their documents say (ways 1 and 2, from outside the house).

Used by the demo, by site tests and by our own tests. Nothing here imports the portal or the
RADIUS server, and RADIUS is spoken through pyrad with a dictionary of its own: an adapter and
the simulation it is tested against can therefore not be wrong alike.
"""
