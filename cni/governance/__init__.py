"""General meetings: what they resolved, by one vote for each member organisation, and the rules that follow from it.

A resolution is drafted, put to the vote and closed with a result; votes that are cast stand. A parameter of the co-op
changes by a carried resolution and in no other way. Not here: tariffs (`leases`), which name their resolution.
Start at `tally` and `parameters`, which are pure, then `models`.
"""
