"""A memory of computed arrays, by the hash of everything they were computed from.

Belongs here: keeping and finding arrays. Because a key covers every value that a computation is given, a hit is as good as the
computation, also for the probe: garbage in an input is another key.

With a folder the memory outlives the process: a backtest that was stopped goes on where it was.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from ml.frame import Array


def digest(*parts: str | Array) -> str:
    """A hash of texts and arrays (shape, type and every value).

    >>> digest("a", np.zeros(2)) == digest("a", np.zeros(2)), digest("a", np.zeros(2)) == digest("a", np.zeros((2, 1)))
    (True, False)
    """
    state = hashlib.blake2b(digest_size=16)
    for part in parts:
        if isinstance(part, str):
            state.update(part.encode() + b"\0")
        else:
            state.update(f"{part.dtype} {part.shape}".encode())
            state.update(np.ascontiguousarray(part).data)
    return state.hexdigest()


@lru_cache(maxsize=64)
def code_of(*modules: str) -> str:
    """A hash of the modules' source: what older code computed is not found again."""
    return digest(*(inspect.getsource(importlib.import_module(name)) for name in modules))


@dataclass
class Memo:
    """Arrays by key, in memory and, where `folder` is given, as one .npy file each."""

    folder: Path | None = None
    found: int = 0
    made: int = 0
    _arrays: dict[str, Array] = field(default_factory=dict, repr=False)

    def array(self, key: str, make: Callable[[], Array]) -> Array:
        """The array of `key`: remembered, read, or made and kept. A file that cannot be read is made anew."""
        if key in self._arrays:
            self.found += 1
            return self._arrays[key]
        stored = self._read(key)
        if stored is None:
            stored = make()
            self.made += 1
            self._write(key, stored)
        else:
            self.found += 1
        self._arrays[key] = stored
        return stored

    def _read(self, key: str) -> Array | None:
        if self.folder is None:
            return None
        try:
            return np.asarray(np.load(self.folder / f"{key}.npy", allow_pickle=False))
        except (OSError, ValueError, EOFError):
            return None

    def _write(self, key: str, array: Array) -> None:
        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=self.folder, suffix=".part")
        with os.fdopen(handle, "wb") as file:
            np.save(file, array, allow_pickle=False)
        Path(temporary).replace(self.folder / f"{key}.npy")
