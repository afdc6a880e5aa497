"""Shapes shared by forms, the API and the command line: one rule set for what comes in and what goes out.

`*_request` schemas load to what an operation takes; `*_view` schemas say what an answer shows. `problems` is the one
table that turns a refusal into a status or an exit code.
"""
