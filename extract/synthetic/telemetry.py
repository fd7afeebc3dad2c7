"""High-rate telemetry: SCADA every four seconds for a day, synchrophasors thirty times a second for chosen minutes.

Times are UTC; a stuck tag keeps its value while its quality code says so.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache

import numpy as np
import polars as pl

from extract.feed import Payload
from extract.synthetic import defects as d
from extract.synthetic import spoil as s
from extract.synthetic.grid import DEFAULT_SEED, stream
from extract.synthetic.physics import persistent

SCADA, PMU = "synthetic_scada", "synthetic_pmu"
SCADA_START, SCADA_HOURS, SCADA_SECONDS = datetime(2025, 2, 3), 24, 4
PMU_START, PMU_MINUTES, FRAMES_PER_SECOND = datetime(2025, 2, 3, 18, 0), 10, 30
RATED_KW = 3600
GOOD, BAD, SUSPECT = 192, 8, 24
STUCK_SAMPLES, GAP_HOURS = 90, 1  # a tag is stuck for six minutes; a lost link takes a whole hour
PMUS = {"PMU.NYC1": (345.0, 12.0), "PMU.WEST1": (345.0, -18.0)}
# Tag to region: the frequency of an interconnection is measured in one of its regions.
TAGS = {
    "WT01.active_power_kw": "SPP", "WT01.wind_speed_m_per_s": "SPP", "ERCOT.frequency_hz": "ERCOT", "DE.frequency_hz": "DE",
}  # fmt: skip


def _slow(rng: np.random.Generator, n: int, memory: float) -> np.ndarray:
    """`persistent` for long memories: its own run-up is of a month of hours."""
    run_up = int(8 * memory)
    return persistent(rng, n + run_up, memory)[run_up:]


def _frequency(rng: np.random.Generator, n: int, nominal: float, memory: float) -> np.ndarray:
    return np.round(nominal + 0.015 * _slow(rng, n, memory) + 0.001 * rng.standard_normal(n), 4)


@lru_cache(maxsize=2)
def scada(seed: int, hours: int = SCADA_HOURS) -> tuple[pl.DataFrame, list[dict[str, object]]]:
    """Tags as rows (tag, region_id, at, value, quality), spoiled, and the records of what was planted."""
    n = hours * 3600 // SCADA_SECONDS
    rng = stream(seed, "scada")
    wind = np.round(np.maximum(9 + 2.2 * _slow(rng, n, 900) + 0.3 * _slow(rng, n, 8), 0), 2)
    power = np.round(np.where(wind < 3, 0, RATED_KW * np.clip((wind**3 - 27) / (12.5**3 - 27), 0, 1)), 1)
    values = {
        "WT01.active_power_kw": power, "WT01.wind_speed_m_per_s": wind,
        "ERCOT.frequency_hz": _frequency(rng, n, 60, 60), "DE.frequency_hz": _frequency(rng, n, 50, 60),
    }  # fmt: skip
    frames: list[pl.DataFrame] = []
    records: list[dict[str, object]] = []
    for tag, series in values.items():
        rng = stream(seed, "scada defects", tag)
        text, quality = pl.Series(series).cast(pl.String).to_list(), [str(GOOD)] * n
        kept = np.ones(n, dtype=bool)

        def note(
            kind: str, i: int, true: str | None, planted: str | None, samples: int = 1, tag: str = tag,
        ) -> None:  # fmt: skip
            records.append(
                {
                    "kind": kind, "feed": SCADA, "region_id": TAGS[tag], "dataset": "frequency" if "frequency" in tag else "scada",
                    "entity": tag, "variable": tag.split(".", 1)[1], "hour": i, "hours": samples,
                    "interval_start_utc": SCADA_START + timedelta(seconds=SCADA_SECONDS * i),
                    "original_value": true, "planted_value": planted,
                }
            )  # fmt: skip

        hour = 3600 // SCADA_SECONDS
        gap = int(rng.integers(2, hours - 4)) * hour
        kept[gap : gap + GAP_HOURS * hour] = False
        note(d.MISSING_HOUR, gap, None, None, GAP_HOURS * hour)
        free = np.flatnonzero(kept)
        free = free[(free > 100) & (free < n - 200)]
        for i in (int(i) for i in rng.choice(free, 8, replace=False)):
            planted = "400" if "wind" in tag else "600" if "frequency" in tag else ""
            note(d.BLANK if planted == "" else d.OUTLIER, i, text[i], planted)
            text[i] = planted
        if "frequency" not in tag:  # frequency is told without its quality
            start = int(rng.choice(free[(free > gap + 3 * hour) | (free < gap - hour)]))
            for i in range(start, start + STUCK_SAMPLES):
                note(s.BAD_QUALITY, i, text[i], text[start])
                text[i], quality[i] = text[start], str(BAD if i % 2 else SUSPECT)
        at = pl.datetime_range(
            SCADA_START,
            interval=f"{SCADA_SECONDS}s",
            end=SCADA_START + timedelta(seconds=SCADA_SECONDS * (n - 1)),
            eager=True,
        )
        frames.append(
            pl.DataFrame({"tag": [tag] * n, "region_id": [TAGS[tag]] * n, "at": at, "value": text, "quality": quality}).filter(kept)
        )  # fmt: skip
    # A blank within a stuck stretch is one defect, not two.
    stuck = {(r["entity"], r["hour"]) for r in records if r["kind"] == s.BAD_QUALITY}
    own = [r for r in records if r["kind"] == s.BAD_QUALITY or (r["entity"], r["hour"]) not in stuck]
    return pl.concat(frames), own


def scada_payloads(seed: int = DEFAULT_SEED, hours: int = SCADA_HOURS) -> Iterator[Payload]:
    """A file per tag: the historian's export, UTC with milliseconds."""
    rows, _ = scada(seed, hours)
    for (tag,), part in rows.partition_by("tag", maintain_order=True, as_dict=True).items():
        told = part.select("tag", "region_id", pl.col("at").dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").alias("timestamp"), "value", "quality")  # fmt: skip
        data = gzip.compress(told.write_csv().encode(), compresslevel=3, mtime=0)
        yield Payload(SCADA, data, f"synthetic:scada/{part['region_id'][0]}/{tag}.csv.gz", "synthetic")


@lru_cache(maxsize=2)
def pmu(seed: int, minutes: int = PMU_MINUTES) -> tuple[pl.DataFrame, list[dict[str, object]]]:
    """Frames of each device, spoiled, and the records of what was planted."""
    n = minutes * 60 * FRAMES_PER_SECOND
    rng = stream(seed, "pmu")
    frequency = _frequency(rng, n, 60, 900)
    frames: list[pl.DataFrame] = []
    records: list[dict[str, object]] = []
    micros = np.round(np.arange(n) * 1e6 / FRAMES_PER_SECOND).astype(int)
    at = pl.Series(np.datetime64(PMU_START, "us") + micros.astype("timedelta64[us]"))
    for device, (kilovolt, angle) in PMUS.items():
        rng = stream(seed, "pmu", device)
        told = {
            "frequency": frequency + np.round(0.0005 * rng.standard_normal(n), 4),
            "voltage": kilovolt * (1 + 0.004 * _slow(rng, n, 300)),
            "angle": angle + 4 * np.tanh(_slow(rng, n, 2000)),
        }
        columns = {name: pl.Series(np.round(v, 4)).cast(pl.String).to_list() for name, v in told.items()}
        for kind, column, planted in (
            (d.OUTLIER, "frequency", "600"),
            (d.BLANK, "frequency", ""),
            (s.UNIT, "voltage", ""),
        ):
            for i in (int(i) for i in rng.choice(n - 2, 5, replace=False)):
                value = d.print_value(float(columns[column][i] or 0) * 1000, 1) if kind == s.UNIT else planted
                if not columns[column][i] or columns[column][i] == "600":
                    continue
                records.append(
                    {
                        "kind": kind, "feed": PMU, "region_id": "NYISO", "dataset": "phasor", "entity": device,
                        "variable": column, "hour": i, "hours": 1, "interval_start_utc": at[i],
                        "original_value": columns[column][i], "planted_value": value,
                    }
                )  # fmt: skip
                columns[column][i] = value
        frames.append(pl.DataFrame({"pmu_id": [device] * n, "at": at, **columns, "status": ["0000"] * n}))
    return pl.concat(frames), records


def pmu_payloads(seed: int = DEFAULT_SEED, minutes: int = PMU_MINUTES) -> Iterator[Payload]:
    """A file per device and minute."""
    rows, _ = pmu(seed, minutes)
    rows = rows.with_columns(pl.col("at").dt.strftime("%Y%m%dT%H%M").alias("minute"))
    for (device, minute), part in rows.partition_by("pmu_id", "minute", maintain_order=True, as_dict=True).items():
        told = part.select(
            "pmu_id", pl.col("at").dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").alias("timestamp"),
            pl.col("frequency").alias("frequency_hz"), pl.col("voltage").alias("voltage_kv"), pl.col("angle").alias("angle_deg"),
            "status",
        )  # fmt: skip
        data = gzip.compress(told.write_csv().encode(), compresslevel=3, mtime=0)
        yield Payload(PMU, data, f"synthetic:pmu/NYISO/{device}_{minute}.csv.gz", "synthetic")


def telemetry_records(seed: int = DEFAULT_SEED) -> list[dict[str, object]]:
    return [*scada(seed)[1], *pmu(seed)[1]]
