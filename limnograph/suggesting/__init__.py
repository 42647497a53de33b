"""Suggestions: which checks a table could have, each with its evidence and its false alarms.

`live` reads the log, `sampling` some rows of every part of the history. `columns` and the `*_rules`
say what they suggest, all of them pure; `trial` holds it against rows that it was not learned from,
and drops what fails on those it was. `stored_rules` does the same for checks of what is stored.
`placing` puts the result into a configuration. `suggest` wires them.
"""
