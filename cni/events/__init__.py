"""What happened: one append-only row for each thing that an operation did, in its own transaction.

The audit trail reads from here. Not here: outgoing messages (jobs). Start at `kinds`, then `record`.
"""
