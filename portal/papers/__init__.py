"""Papers that the territory owes: written from the same data that the code runs by."""
