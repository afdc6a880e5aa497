"""What people do here: one function for each job, `verb(session, actor, …)`.

Each asks first whether the actor may, does its work in the caller's transaction, and records one event at the end; it
never commits and knows nothing of HTTP. Files are gerunds: `signing_in`, `joining`, `viewing` (what all may read) …
"""
