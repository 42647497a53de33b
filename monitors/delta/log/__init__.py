"""The Delta log itself: its files, its actions, and places in it."""
