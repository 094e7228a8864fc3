"""What a person found when they audited the guests' pages, and what may be declared of it."""
