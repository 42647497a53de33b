"""Expectations of Great Expectations as checks; the library itself is imported late, in workers."""
