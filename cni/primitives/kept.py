"""Values that are dear to make, kept in this process for who asks next."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """The values that were asked for last, by key: as many as `most` holds, each taking the room that `size` says.

    Of threads that want the same one, the first makes it and the others wait; nobody else does.
    """

    def __init__(self, most: int, size: Callable[[Value], int] = lambda value: 1) -> None:
        self._most, self._size, self._taken = most, size, 0
        self._values: OrderedDict[Hashable, Value] = OrderedDict()
        self._being_made: dict[Hashable, Lock] = {}
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """Return the value of a key, made if need be."""
        with self._lock:
            if key in self._values:
                return self._found(key)
            being_made = self._being_made.setdefault(key, Lock())
        with being_made:
            with self._lock:
                if key in self._values:
                    return self._found(key)
            try:
                made = make()
                with self._lock:
                    self._keep(key, made)
            finally:
                with self._lock:
                    self._being_made.pop(key, None)
        return made

    def _found(self, key: Hashable) -> Value:
        self._values.move_to_end(key)
        return self._values[key]

    def _keep(self, key: Hashable, made: Value) -> None:
        if key in self._values:  # made twice: the first maker's lock was gone before the second asked for it
            self._taken -= self._size(self._values.pop(key))
        self._values[key] = made
        self._taken += self._size(made)
        while self._taken > self._most:
            self._taken -= self._size(self._values.popitem(last=False)[1])
