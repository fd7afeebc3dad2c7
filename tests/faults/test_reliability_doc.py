"""docs/reliability.md names tests that exist."""

from __future__ import annotations

import re

from gridlake.settings import PROJECT_ROOT


def test_every_test_it_names_exists() -> None:
    named = re.findall(
        r"`(tests/[\w/]+\.py)::(?:(\w+)::)?(\w+)`", (PROJECT_ROOT / "docs" / "reliability.md").read_text()
    )
    assert len(set(named)) >= 40
    missing = [
        f"{file}::{test}"
        for file, of, test in named
        if f"def {test}(" not in (text := (PROJECT_ROOT / file).read_text()) or (of and f"class {of}" not in text)
    ]
    assert missing == []
