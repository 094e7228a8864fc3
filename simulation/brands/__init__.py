"""What each brand of simulated gateway does in its own way; `simulation.makes` knows them all."""
