"""Starting several processes on one thing at the same moment."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from typing import Any


def race(work: Callable[..., None], arguments: Sequence[tuple[Any, ...]], timeout: float = 120) -> list[int | None]:
    """Run `work(*arguments[i], barrier)` in a fresh process each; returns their exit codes."""
    context = multiprocessing.get_context("spawn")
    gun = context.Barrier(len(arguments))
    processes = [context.Process(target=work, args=(*own, gun), daemon=True) for own in arguments]
    for process in processes:
        process.start()
    for process in processes:
        process.join(timeout=timeout)
    return [process.exitcode for process in processes]
