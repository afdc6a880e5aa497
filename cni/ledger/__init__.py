"""The books: accounts, sealed journals in a hash chain, periods, settlement runs, numbered documents.

It knows members, money, periods and references; never what was sold. `book` is the only writer of journals; PostgreSQL
refuses to change, unbalance or unseal one. Start at `chart` and `entries`, then `book`.
"""
