"""Reference files that follow from elsewhere: the holiday seed and the feature dictionary.

`python -m orchestration.reference` writes them, `--check` only says whether they are up to date. Belongs here: what is
written from a package or from dbt's own declarations, and read by people or by dbt.
"""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path
from typing import Any

from gridlake.settings import PROJECT_ROOT
from orchestration.dbt import manifest_nodes

SEEDS = PROJECT_ROOT / "dbt_project" / "seeds"
HOLIDAYS = SEEDS / "holidays.csv"
DICTIONARY = PROJECT_ROOT / "docs" / "features.md"
YEARS = range(2003, 2032)  # a year beyond the archives' first data and some beyond today
FEATURE_TABLES = ("feat_load_hourly", "feat_price_hourly", "feat_renewable_hourly")

HEAD = """\
# Features

Generated from the contracts of `feat_*` in `dbt_project/models/gold` by `python -m orchestration.reference`; change them there.

A row belongs to a zone and a full hour, `known_at_utc`, and uses only what had been published by then; where a source tells no
publication time, what could have been known after the feed's usual delay (`seeds/known_latency.csv`). Values are those first told:
corrections that came later, verdicts that look at a whole month and imputed values are no part of them. Forecasts join the newest row
with `known_at_utc <= issued_at_utc` and add the calendar of the hour they are for.

Lags count from the newest known hour: lag 1 is that hour itself, lag 24 the hour a day before the one after it. Windows of 6 h, 24 h,
7 d and 30 d end with the newest known hour. What was told out of order — after a later hour had been — is left out. Where nothing
follows, a row stands two days longer than its delivery was long; no value is the newest one for more than 33 days.
"""


def holidays_csv() -> str:
    """Public holidays of every country that `regions.csv` names, one line per country and day."""
    import holidays

    with (SEEDS / "regions.csv").open(encoding="utf-8", newline="") as lines:
        countries = sorted({row["country"] for row in csv.DictReader(lines)})
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["country", "holiday_date", "holiday_name"])
    for country in countries:
        if country in holidays.list_supported_countries():
            calendar = holidays.country_holidays(country, years=YEARS)
            writer.writerows([country, day.isoformat(), calendar[day]] for day in sorted(calendar))
    return text.getvalue()


def feature_dictionary() -> str:
    """Every column of the feature tables with its unit and meaning, as a page."""
    nodes = {n["name"]: n for n in manifest_nodes().values()}
    parts, distinct = [HEAD], set[str]()
    sections = []
    for table in FEATURE_TABLES:
        columns: dict[str, Any] = nodes[table]["columns"]
        features = {name: c for name, c in columns.items() if c["config"]["meta"].get("is_feature", True)}
        distinct |= set(features)
        sections.append(f"## {table}\n\n{nodes[table]['description']} {len(features)} features.\n")
        sections.append("| column | unit | meaning |\n|---|---|---|")
        sections += [
            f"| `{name}` | {c['config']['meta']['unit']} | {c['description']} |" for name, c in columns.items()
        ]
        sections.append("")
    parts.append(f"{len(distinct)} different features in three tables.\n")
    return "\n".join([*parts, *sections])


def reference_files() -> dict[Path, str]:
    """Every file this module writes, with the content it should have."""
    return {HOLIDAYS: holidays_csv(), DICTIONARY: feature_dictionary()}


def main(arguments: list[str]) -> int:
    """Write what is out of date, or with `--check` only name it. Returns 1 where `--check` found something."""
    stale = [p for p, text in reference_files().items() if not p.exists() or p.read_text(encoding="utf-8") != text]
    for path in stale:
        name = path.relative_to(PROJECT_ROOT)
        if "--check" in arguments:
            print(f"out of date: {name}; run `python -m orchestration.reference`")
        else:
            path.write_text(reference_files()[path], encoding="utf-8")
            print(f"wrote {name}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
