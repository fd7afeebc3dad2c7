"""Every question is kept in the operations store, with what became of it; nothing in it may be a secret."""

from __future__ import annotations

import os
import re
import sqlite3
import sys
from typing import Any

from gridlake.ops import OpsStore
from gridlake.settings import Settings
from semantic.ask.words import MAX_CHARACTERS

_SECRET_NAMES = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD)$")
_LOOKS_SECRET = re.compile(
    r"\b(?=[A-Za-z0-9_\-]*\d)(?=[A-Za-z0-9_\-]*[A-Za-z])[A-Za-z0-9_\-]{20,}\b|\b(?:sk|pk|ghp|xox[bp])-[\w-]{6,}"
)
SHORTEST_SECRET = 6


def redacted(text: str) -> str:
    """`text` without anything that is, or looks like, a key.

    >>> redacted("my key is sk-1234567890abcdef1234, load in NYISO")
    'my key is ***, load in NYISO'
    """
    for name, value in os.environ.items():
        if _SECRET_NAMES.search(name) and len(value) >= SHORTEST_SECRET:
            text = text.replace(value, "***")
    return _LOOKS_SECRET.sub("***", text)


def record(settings: Settings, asked_by: str, question: str, outcome: str, **known: Any) -> None:
    """A question that cannot be kept is answered all the same: said on stderr."""
    entry = {"asked_by": asked_by, "question": redacted(question[: MAX_CHARACTERS + 1]), "outcome": outcome}
    entry |= {k: redacted(v) if isinstance(v, str) else v for k, v in known.items()}
    try:
        OpsStore(settings.ops_db).record_question(entry)
    except (sqlite3.Error, OSError) as error:
        print(f"the question could not be kept: {error}", file=sys.stderr)
