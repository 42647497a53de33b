"""The Delta log, its files and its change feed, read by ourselves.

Rooms below import nothing from outside this folder but `monitors.core` and `monitors.errors`.
"""
