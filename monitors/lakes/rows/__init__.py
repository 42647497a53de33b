"""Rows of a Delta table for checks: the new ones, the live ones, and what SQL says of both."""
