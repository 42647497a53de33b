"""What is known of a table at a version: its live files, totals, schema and protocol."""
