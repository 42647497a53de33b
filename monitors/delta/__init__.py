"""The Delta log, its files and its change feed, read by ourselves.

Rooms below import nothing from outside but `monitors.core`, `errors`, `secrets` and `storage`.
"""
