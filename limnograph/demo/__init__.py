"""The demo: a small but real lakehouse with planted troubles, watched as if time had passed.

lakehouse   which tables there are, and the rhythm of their commits
rows        what is in them
troubles    what goes wrong, and the truth about it
writing     the commits, written by deltalake and set back in time
building    a folder with all of it
seeing      whether a report saw what was planted
command     `limnograph demo`
"""
