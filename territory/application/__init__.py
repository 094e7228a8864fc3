"""How a written description of the territory becomes what the database holds.

A file's text -> `reading` (values and their lines) -> `description` (each value alone, then
together: every fault at once) -> `state` (flat, by kind and code) -> `difference` from what
`holding` found in the database -> `writing` (one transaction). All but the last two are pure.
"""
