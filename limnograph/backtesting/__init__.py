"""Backtests: a series from a file or the store, judged as if each of its points were new."""
