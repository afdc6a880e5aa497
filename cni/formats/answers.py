"""What was lately read of files, kept in this process: the pages of one import look at one file again and again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock


class Answers:
    """Answers by what was asked, bounded in bytes; the one not asked for the longest goes first.

    They are kept as they came, as bytes: nobody who is given one can change it for the next.
    """

    def __init__(self, most_bytes: int, most_of_one: int) -> None:
        self.most_bytes, self.most_of_one = most_bytes, most_of_one
        self._kept: OrderedDict[Hashable, bytes] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def get(self, asked: Hashable) -> bytes | None:
        """Return the answer that is kept, if it still is."""
        with self._lock:
            if asked not in self._kept:
                return None
            self._kept.move_to_end(asked)
            return self._kept[asked]

    def keep(self, asked: Hashable, answer: bytes) -> None:
        """Keep an answer, unless it is too large to be worth the room of others."""
        if len(answer) > self.most_of_one:
            return
        with self._lock:
            self._bytes += len(answer) - len(self._kept.pop(asked, b""))
            self._kept[asked] = answer
            while self._bytes > self.most_bytes:
                _, oldest = self._kept.popitem(last=False)
                self._bytes -= len(oldest)

    def forget(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._kept.clear()
            self._bytes = 0
