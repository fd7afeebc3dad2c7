"""Errors a user can act on. Each names what went wrong, where, and the remedy; the class decides the exit code."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every `gridlake` command."""

    DONE = 0
    USAGE = 1
    GATE_FAILED = 2
    FEED_STALE = 3
    INTERNAL = 4


class GridlakeError(Exception):
    """An expected failure: printed without a traceback unless `--debug` is given.

    `remedy` is one sentence that tells the reader what to do next.
    """

    exit_code: ExitCode = ExitCode.INTERNAL

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class UsageError(GridlakeError):
    """The request itself cannot be carried out as written."""

    exit_code = ExitCode.USAGE


class GateFailed(GridlakeError):
    """A blocking gate failed: nothing was published."""

    exit_code = ExitCode.GATE_FAILED


class BuildFailed(GridlakeError):
    """A model, contract or dbt test failed: our own invariants are broken, nothing was published."""

    exit_code = ExitCode.GATE_FAILED


def did_you_mean(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """A remedy for a name nobody knows: up to three that are near it, whatever their case, else `otherwise`.

    >>> did_you_mean("nysio", ["NYISO", "ERCOT"])
    'Did you mean NYISO?'
    """
    by_lower = {k.lower(): k for k in sorted(known)}
    near = [by_lower[n] for n in difflib.get_close_matches(name.lower(), by_lower, n=3, cutoff=0.6)]
    return f"Did you mean {', '.join(near)}?" if near else otherwise


class NothingPublished(GridlakeError):
    """A reader asked for a snapshot before there is one."""

    exit_code = ExitCode.USAGE


class PayloadRefused(GridlakeError):
    """A payload whose shape is wrong: refused whole, before anything is committed.

    `feed` and `place` (the file, member or address) are kept apart so that ledgers can store them.
    """

    exit_code = ExitCode.FEED_STALE

    def __init__(self, feed: str, place: str, problem: str, remedy: str) -> None:
        super().__init__(f"{feed}: {place}: {problem}.", remedy)
        self.feed = feed
        self.place = place
        self.problem = problem
