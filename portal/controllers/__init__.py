"""Hand-back that needs a server call: a file for each controller, all behind `port`."""
