"""A heap of (key, state) in two arrays, four children to a node: flatter than two, so it misses the cache less often.

A state may be in it several times; whoever takes one out leaves those that are out of date. Equal keys come out in the
order of states, so that a search takes the same way whatever was put in first.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cni.topology.engine.compiled import compiled_in_place

Int32s = NDArray[np.int32]
Int64s = NDArray[np.int64]


@compiled_in_place
def push(keys: Int64s, states: Int32s, size: int, key: int, state: int) -> int:
    """Put a state into a heap of this size; return the new size."""
    place = size
    while place > 0:
        parent = (place - 1) >> 2
        if keys[parent] < key or (keys[parent] == key and states[parent] <= state):
            break
        keys[place], states[place] = keys[parent], states[parent]
        place = parent
    keys[place], states[place] = key, state
    return size + 1


@compiled_in_place
def drop_first(keys: Int64s, states: Int32s, size: int) -> int:
    """Take out the least, which is at 0; return the new size."""
    size -= 1
    key, state = keys[size], states[size]
    place = 0
    while 4 * place + 1 < size:
        least = 4 * place + 1
        for child in range(least + 1, min(least + 4, size)):
            if keys[child] < keys[least] or (keys[child] == keys[least] and states[child] < states[least]):
                least = child
        if key < keys[least] or (key == keys[least] and state <= states[least]):
            break
        keys[place], states[place] = keys[least], states[least]
        place = least
    keys[place], states[place] = key, state
    return size
