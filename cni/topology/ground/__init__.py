"""Routes as lines on the ground: metres between them, and spans that run side by side.

Not here: how positions are read or written (`cni.primitives.geo`).

- `plane` lays positions out in metres; `geometry` measures the separation of routes
- `paper_diversity` finds spans of different owners that share the ground and no declared risk group
"""
