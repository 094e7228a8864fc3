"""OpenID Connect, the code flow: what we ask a provider, and what we believe of its answers."""
