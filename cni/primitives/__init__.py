"""Values that every floor shares: money, periods, places, references and the ways to say no.

Pure: no database, no clock, no HTTP. Start at `errors` (how a refusal is said) and `money` (how a penny is kept).
"""
