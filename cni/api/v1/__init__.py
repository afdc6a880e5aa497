"""The resources of version 1. Fields are only ever added; what a field means does not change.

One file for each kind of thing with an address: it names the schemas, opens the transaction and calls one operation.
Not here: the shapes (`cni.schemas`), what a problem looks like (`cni.api.frame`), tokens (`cni.api.bearer`).
"""
