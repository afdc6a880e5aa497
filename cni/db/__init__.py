"""SQLAlchemy plumbing without tables of its own: the declarative base, column types, engines, the embedded server.

Not here: queries (each package has its own) and transactions (the doors open them through `cni.runtime`).
Start at `base`.
"""
