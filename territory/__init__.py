"""The words every component shares: model, identifiers, errors, settings, database, pages, access."""
