"""Where things stand and which mode we run in: the one place that reads the environment.

Secrets are read where they are used and never stored here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from gridlake.errors import UsageError
from gridlake.store import Place, StorePath, store_url

ORIGINS = ("synthetic", "archive", "live")
TARGETS = ("duckdb",)

PROJECT_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Settings:
    """Resolved settings of one process. Paths are absolute."""

    home: Path
    origin: str = "synthetic"
    target: str = "duckdb"
    archive: Path | None = None
    hot_retention: timedelta = timedelta(days=7)  # how long raw payloads of high-rate feeds are kept
    personal_retention: timedelta | None = (
        None  # how long those of feeds about persons are kept; None: as long as the home
    )
    first_day: date | None = None  # local days of live feeds, both included; None: the feed's own default
    last_day: date | None = None
    store: str | None = (
        None  # address in an object store under which landing, bronze, ml and published lie; None: in the home
    )

    @property
    def outside(self) -> Place:
        """Where what others may read or write lies: the object store, or the home."""
        return StorePath(self.store) if self.store else self.home

    @property
    def landing(self) -> Place:
        """Payloads as received, compressed, named by their SHA-256."""
        return self.outside / "landing"

    @property
    def bronze(self) -> Place:
        return self.outside / "bronze"

    @property
    def silver(self) -> Path:
        return self.home / "silver"

    @property
    def gold(self) -> Path:
        return self.home / "gold"

    @property
    def ml(self) -> Place:
        return self.outside / "ml"

    @property
    def published(self) -> Place:
        return self.outside / "published"

    @property
    def published_gold(self) -> Place:
        """Where a snapshot's files lie: gold itself, or its copy beside the manifests in the object store."""
        return self.published / "gold" if self.store else self.gold

    @property
    def warehouse(self) -> Path:
        return self.home / "warehouse.duckdb"

    @property
    def ops_db(self) -> Path:
        return self.home / "ops.db"

    @property
    def mlflow_db(self) -> Path:
        return self.home / "mlflow.db"

    @property
    def dagster_home(self) -> Path:
        return self.home / "dagster"

    @property
    def gx(self) -> Path:
        return self.home / "gx"

    def layer_path(self, layer: str) -> Place:
        """Directory of the Delta tables of `layer` (bronze, silver, gold, ml)."""
        if layer not in ("bronze", "silver", "gold", "ml"):
            raise UsageError(f"There is no layer '{layer}'.", "Use bronze, silver, gold or ml.")
        return self.outside / layer if layer in ("bronze", "ml") else self.home / layer

    def refuse_store(self, what: str) -> None:
        """Raise `UsageError` where the lake lies in an object store: for what works on a disk alone."""
        if self.store:
            raise UsageError(
                f"{what} works on a local home only; this one keeps its lake in {self.store}.",
                "Unset GRIDLAKE_STORE and use a home that holds everything.",
            )


def limit(name: str, default: int) -> int:
    """A limit against hostile input that the environment may move: `GRIDLAKE_MAX_<NAME>`.

    Raises `UsageError` for what is no whole number above zero: a mistyped limit must not mean none.

    >>> limit("A_LIMIT_NOBODY_SET", 200)
    200
    """
    told = os.environ.get(f"GRIDLAKE_MAX_{name}", "").strip() or str(default)
    if not told.isdigit() or int(told) == 0:
        raise UsageError(
            f"GRIDLAKE_MAX_{name} is '{told}'.", f"Set it to a whole number above zero, or leave it out for {default}."
        )
    return int(told)


def load_settings(
    *,
    home: str | Path | None = None,
    origin: str | None = None,
    archive: str | Path | None = None,
    first_day: date | None = None,
    last_day: date | None = None,
    store: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Settings from arguments, then the environment, then defaults. An empty environment is enough.

    Raises `UsageError` for an unknown origin or target, one that commands of ours do not build, for a retention that is no number of
    days and for a store that is no address in an object store.
    """
    env = os.environ if environ is None else environ
    told_home = str(home or env.get("GRIDLAKE_HOME") or "./.gridlake")
    if "://" in told_home:
        raise UsageError(
            f"GRIDLAKE_HOME is '{told_home}': a home is a directory.",
            "Keep a local home, and set GRIDLAKE_STORE to the address: landing, bronze, ml and published lie there.",
        )
    chosen_home = Path(told_home).expanduser().resolve()
    chosen_archive = archive or env.get("GRIDLAKE_ARCHIVE") or None
    chosen_origin = origin or env.get("GRIDLAKE_ORIGIN") or "synthetic"
    target = env.get("GRIDLAKE_TARGET") or "duckdb"
    if chosen_origin not in ORIGINS:
        raise UsageError(f"Unknown origin '{chosen_origin}'.", f"Use one of {', '.join(ORIGINS)}.")
    if target in ("snowflake", "prod"):  # gates, forecasts and snapshots read the lake, which is not there
        raise UsageError(
            "`gridlake` lands, gates and forecasts on DuckDB; Snowflake is built by dbt alone.",
            "Unset GRIDLAKE_TARGET for this command, or set it to duckdb. To build there: `python -m orchestration.snowflake_load`, "
            "`dbt build --target prod`, `dbt run-operation publish_gold --target prod` (docs/snowflake.md).",
        )
    if target not in TARGETS:
        raise UsageError(f"Unknown target '{target}'.", f"Set GRIDLAKE_TARGET to one of {', '.join(TARGETS)}.")
    days = env.get("GRIDLAKE_HOT_RETENTION_DAYS") or "7"
    if not days.isdigit():
        raise UsageError(f"GRIDLAKE_HOT_RETENTION_DAYS is '{days}'.", "Set it to a whole number of days.")
    personal = env.get("GRIDLAKE_PERSONAL_RETENTION_DAYS") or ""
    if personal and not personal.isdigit():
        raise UsageError(
            f"GRIDLAKE_PERSONAL_RETENTION_DAYS is '{personal}'.", "Set it to a whole number of days, or leave it out."
        )
    return Settings(
        hot_retention=timedelta(days=int(days)),
        personal_retention=timedelta(days=int(personal)) if personal else None,
        first_day=first_day,
        last_day=last_day,
        home=chosen_home,
        origin=chosen_origin,
        target=target,
        store=store_url(store or env.get("GRIDLAKE_STORE") or ""),
        archive=Path(chosen_archive).expanduser().resolve() if chosen_archive else None,
    )
