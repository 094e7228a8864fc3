"""The chain of signed manifests: what was sealed, what was destroyed, and how anybody checks it."""
