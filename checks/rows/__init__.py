"""Checks over rows: rules in SQL, keys, references, and the one pass that feeds them all."""
