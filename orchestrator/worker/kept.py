"""Answers of the database that may be a moment old: kept for seconds in the process's memory."""

import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")
SECONDS = 2.0
MOST = 5000


class Kept(Generic[Value]):
    """Reads through `read` at most once per key in two seconds. Thread-safe; two threads may read the same key at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: dict[Hashable, tuple[float, Value]] = {}

    def get(self, key: Hashable, read: Callable[[], Value]) -> Value:
        """The value under the key, read anew when it is too old."""
        now = time.monotonic()
        with self._lock:
            found = self._found.get(key)
        if found is not None and now - found[0] < SECONDS:
            return found[1]
        value = read()
        with self._lock:
            if len(self._found) >= MOST:
                self._found.clear()
            self._found[key] = (now, value)
        return value

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._found.clear()
