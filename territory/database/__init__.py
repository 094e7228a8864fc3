"""PostgreSQL, where the components meet: tables by legal category, migrations, connections."""
