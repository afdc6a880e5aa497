"""What was lately read of files, kept in this process: the pages of one import look at one file again and again."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock


class Answers:
    """Answers by what was asked, bounded in bytes and in age; the one not asked for the longest goes first.

    They are kept as they came, as bytes: nobody who is given one can change it for the next. However often one is
    asked for, it goes `most_seconds` after it was read, with the next that is asked or kept. `clock`: seconds.
    """

    def __init__(
        self, most_bytes: int, most_of_one: int, most_seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.most_bytes, self.most_of_one, self.most_seconds, self.clock = most_bytes, most_of_one, most_seconds, clock
        self._kept: OrderedDict[Hashable, tuple[float, bytes]] = OrderedDict()
        self._lock = Lock()

    def get(self, asked: Hashable) -> bytes | None:
        """Return the answer that is kept, if it still is."""
        with self._lock:
            self._forget_old()
            if asked not in self._kept:
                return None
            self._kept.move_to_end(asked)
            return self._kept[asked][1]

    def keep(self, asked: Hashable, answer: bytes) -> None:
        """Keep an answer, unless it is too large to be worth the room of others."""
        if len(answer) > self.most_of_one:
            return
        with self._lock:
            self._forget_old()
            self._kept.pop(asked, None)
            self._kept[asked] = (self.clock(), answer)
            while sum(len(each) for _, each in self._kept.values()) > self.most_bytes:
                self._kept.popitem(last=False)

    def _forget_old(self) -> None:
        oldest = self.clock() - self.most_seconds
        for asked in [asked for asked, (read_at, _) in self._kept.items() if read_at < oldest]:
            del self._kept[asked]

    def forget(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._kept.clear()
