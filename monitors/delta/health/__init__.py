"""How a Delta table is laid out, maintained and kept: what is known of it, purely."""
