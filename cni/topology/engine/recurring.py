"""Landmarks of the masks under which a plant is searched again and again.

The landmarks of the whole plant hold under every mask, but the more is closed, the less they lead: with a seventh of
the spans closed, a search settles three times as many sites as with landmarks of what is left open. To make those
costs about as much as 16 searches of the whole plant, so they are made once a mask was asked for so often: it never
costs much more than twice what it would have without, and what is asked a few times never waits for them.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from cni.topology.engine.landmarks import LANDMARKS, Int32s, Int64s, landmark_distances

Mask = NDArray[np.uint8]

MOST_COUNTED = 64
"""Masks that are told from new ones; of more, those are forgotten that were not asked for longest."""
MOST_LED = 4
"""Masks with landmarks of their own, which take 128 bytes for each site."""


class Recurring:
    """The masks under which one plant was searched lately. Threads may share it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._times: OrderedDict[bytes, int] = OrderedDict()
        self._led: OrderedDict[bytes, Int64s] = OrderedDict()

    def landmarks(self, arcs: tuple[Int32s, Int32s, Int32s], cost: Int64s, closed: Mask) -> Int64s | None:
        """Return the landmarks of what a mask leaves open; None as long as it did not recur enough.

        `arcs` are those of `view.Arrays`. While one thread makes them, others go on without.
        """
        key = np.packbits(closed).tobytes()
        with self._lock:
            self._times[key] = times = self._times.pop(key, 0) + 1
            _forget(self._times, MOST_COUNTED)
            if key in self._led:
                self._led.move_to_end(key)
                return self._led[key]
        if times % LANDMARKS:  # and not only the first time that it is so many: they may have been forgotten since
            return None
        made = landmark_distances(*_left_open(arcs, closed), cost)
        with self._lock:
            self._led[key] = made
            _forget(self._led, MOST_LED)
        return made


def _forget(kept: OrderedDict[bytes, int] | OrderedDict[bytes, Int64s], most: int) -> None:
    while len(kept) > most:
        kept.popitem(last=False)


def _left_open(arcs: tuple[Int32s, Int32s, Int32s], closed: Mask) -> tuple[Int32s, Int32s, Int32s]:
    """Return the arcs without those over closed spans."""
    first, site, span = arcs
    is_open = closed[span] == 0
    before = np.concatenate(([0], np.cumsum(is_open, dtype=np.int32))).astype(np.int32)
    return before[first], site[is_open], span[is_open]
