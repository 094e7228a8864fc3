"""The demonstration: the whole base, a small territory, simulated sites, a first page with doors.

Everything in it is the product's own, run as `socle serve` runs it; only the gateways, the phones
and the calendar are simulated.
"""
