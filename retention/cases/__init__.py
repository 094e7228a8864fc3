"""From an authority's question to a signed answer, carried by two custodians."""
