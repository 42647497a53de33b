"""Volume: what a series should be now, learned from its own past, and how surprising it is."""
