"""The synthetic guest: logs in at each site as its guests do, and tells which step fails.

    records.py      which NAS have a probe, how the last log-in went             (database)
    errand.py       where to log in, from a probe and the settings               (pure but names)
    diagnosis.py    what to tell of a log-in: seen, likely cause, first thing    (pure)
    watch.py        each NAS at its own moment of the interval, measured, kept   (shell)

The log-in itself is `simulation.synthetic_guest`; why it opens nothing to anybody else:
docs/decisions/synthetic-guest.md.
"""
