"""One file a command of `socle`; each only reads its arguments and calls a component."""
