"""The words all components share: model, identifiers, errors, settings, database, pages, access."""
