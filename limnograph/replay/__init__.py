"""Replay: past commits are read anew from their tables, and what is stored of them is corrected."""
