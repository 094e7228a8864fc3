"""The command: everything a person types starts here; nothing imports it."""
