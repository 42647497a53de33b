"""The change feed of commits, and rows of data files, read by ourselves."""
