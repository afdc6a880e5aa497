"""Searching the plant by number: arrays, and the functions over them that are compiled to machine code.

Sites and spans are numbers here; a mask closes spans. Not here: what is asked and what an answer means (`routing`).

- `view` makes the arrays of a graph; `search` is where the others begin: routes of least total length
- the search itself: `kernel`, `heap`, `landmarks`; why there is no pair: `labels`, `cuts`, `flows`, `barriers`
- near a route: `corridor`, `nearby`; what divides the plant: `sketch` (two spans), `severing` (a group of them)
- how it is compiled and kept: `compiled`, `code_cache`
"""
