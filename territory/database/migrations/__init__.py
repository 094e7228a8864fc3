"""How the database came to its present form, one file a step; a landed step is never edited."""
