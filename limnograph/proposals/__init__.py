"""Proposals: what a configuration could say of a lake and of its tables, with the evidence.

`looking` reads a table, `lake` lists a lake; all the rest is pure. `cadence`, `event_times` and
`keys` learn from what was read, `stanza` puts it together, `layout` chooses between globs and
stanzas, `form` writes a new configuration, `splicing` puts lines into an existing one, and `adding`
decides which.
"""
