"""The shared ledger and how it travels.

`domain` holds the rules, `protocol` the messages, `database` the tables, `client` the till's end of
the wire, `headoffice` the other end, `lab` the same cores under a scenario player and a benchmark.
"""
