"""From the database to sealed segments: facts, slices, ports, vaults, and a day's sealing."""
