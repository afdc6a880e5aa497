"""The plant: sites, spans, fibre pairs, racks, risk groups, and the contributions that brought them.

Only plant of a live contribution enters the graph (`snapshot`). Not here: who may register or accept it
(`operations.registering`), and which pairs are leased (`leases`). Start at `models`, then `checks`.
"""
