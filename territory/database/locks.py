"""Every advisory lock that has a number, in one place, so that no two are the same by accident.

A number is one space for the whole database, whichever component takes the lock: two that share
one keep each other waiting, or make each other believe that another of their kind is at work. The
first three are also written in the migrations that made the functions that take them. Locks of a
name, which few take and never for long, hash it (`hashtextextended`) to 64 bits.
"""

from enum import IntEnum


class Lock(IntEnum):
    """Who takes it, and what it keeps apart."""

    AUDIT = 1096107604
    """`audit.append`: the chain has one end."""
    DAYS = 1096107605
    """`live.ensure_days`: a day's partitions are made once."""
    GUEST_DAYS = 1096107606
    """`live.count_guests`: one counts, the next finds it counted."""
    ARCHIVE = 1096107607
    """The archive has one writer, held for a whole run."""
    WATCH = 1096107609
    """Of several RADIUS servers, one watches the sessions that must end."""
    SILENCE = 1096107620
    """Of several RADIUS servers, one closes the sessions whose NAS went silent."""
    KEEPER = 1096107630
    """Of several portals, one ends what is over at gateways without RADIUS."""
    SUPERVISION = 1096107635
    """Of several supervisions, one looks and tells; held as long as it is at work."""
    REGISTER = 1096107640
    """The register of requisitions: its next number is taken by one at a time."""
    TRANSMISSIONS = 1096107650
    """What agents hand on to the desk: its next number is taken by one at a time."""
