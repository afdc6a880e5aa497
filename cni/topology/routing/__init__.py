"""Deciding on routes: from a question to the spans of its answer, and why there is no better one.

Not here: the words and the document of an answer (`cni.topology.answers`), searching by number (`engine`).

- `asked` is the question by number; `ways` asks the engine; `conflicts` are groups that two routes may not share
- `pairs`: two routes with no risk group in common; `maximal`: with as little in common as can be
- `required` and `passing`: over what must be used; `programs`: what searches leave open; `blockers`: why none
"""
