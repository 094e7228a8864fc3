"""How a guest may be identified: a file for each method, a set of terms for all."""
