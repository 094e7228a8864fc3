"""The console: what operators see of the territory, each by their role and no further."""
