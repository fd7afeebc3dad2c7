"""High-rate feeds of the synthetic grid: a SCADA historian's export and synchrophasor frames, UTC."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import polars as pl

from extract.clocks import Placed
from extract.emit import Emit, number
from extract.feed import Payload
from extract.feeds.own_meter import iso_with_offset
from extract.feeds.synthetic_native import SyntheticTable
from extract.formats import cell
from extract.regions import TIMEZONE

FREQUENCY = "tag like '%.frequency_hz'"


class SyntheticScada(SyntheticTable):
    name = "synthetic_scada"
    table = "synthetic__scada"
    subject = "scada"
    description = "Tags of a wind turbine and of two systems' frequency every four seconds, with OPC quality codes."
    cadence = "4 s"
    is_hot = True
    cells = (
        cell("tag", "tag", "Asset and point."),
        cell("region", "region_id", "Region as received."),
        cell("timestamp_text", "timestamp", "Instant as received, UTC."),
        cell("value", "value", "Value as received, in the unit the tag ends with."),
        cell("quality", "quality", "OPC quality code."),
    )
    keys = ("tag",)
    clock = Placed(
        said="UTC with milliseconds; the stamp is the instant of the sample", why="timestamp is no stamp in UTC"
    )
    emits = (
        Emit(
            "scada",
            {
                "asset_id": "'SYNTHETIC.' || split_part(tag, '.', 1)", "point": "split_part(tag, '.', 2)",
                "value_text": "value", "point_value": number("value"), "quality_code": "try_cast(quality as integer)",
            },
            where=f"not {FREQUENCY}",
        ),
        Emit(
            "frequency",
            {"source_code": "'TOTAL'", "frequency_text": "value", "frequency_hz": number("value")},
            where=FREQUENCY,
        ),
    )  # fmt: skip

    def payloads(self) -> Callable[[], Iterator[Payload]]:
        from extract.synthetic.telemetry import scada_payloads

        return scada_payloads

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        at = iso_with_offset("timestamp_text")
        return frame.with_columns(
            pl.when(pl.col("region").is_in(list(TIMEZONE))).then(pl.col("region")).alias("region_id"),
            at.alias("interval_start_utc"),
            (at + pl.duration(seconds=4)).alias("interval_end_utc"),
        )


class SyntheticPmu(SyntheticTable):
    name = "synthetic_pmu"
    table = "synthetic__pmu"
    subject = "phasor"
    description = "Synchrophasor frames of two devices, thirty a second for ten minutes."
    cadence = "1/30 s"
    is_hot = True
    region = "NYISO"
    cells = (
        cell("pmu_id", "pmu_id", "Device."),
        cell("timestamp_text", "timestamp", "Instant as received, UTC with microseconds."),
        cell("frequency", "frequency_hz", "Frequency.", "Hz"),
        cell("voltage", "voltage_kv", "Voltage, line to line.", "kV"),
        cell("angle", "angle_deg", "Voltage angle.", "degree"),
        cell("status", "status", "Status word of IEEE C37.118."),
    )
    keys = ("pmu_id",)
    clock = Placed(
        said="UTC with microseconds; the stamp is the instant of the frame", why="timestamp is no stamp in UTC"
    )
    emits = (
        Emit(
            "phasor",
            {
                "pmu_id": "pmu_id", "frequency_hz": number("frequency"), "voltage_kv": number("voltage"),
                "angle_deg": number("angle"), "status": "status",
            },
        ),
    )  # fmt: skip

    def payloads(self) -> Callable[[], Iterator[Payload]]:
        from extract.synthetic.telemetry import pmu_payloads

        return pmu_payloads

    def derive(self, frame: pl.DataFrame, payload: Payload) -> pl.DataFrame:
        at = iso_with_offset("timestamp_text")
        return frame.with_columns(
            at.alias("interval_start_utc"), (at + pl.duration(microseconds=33_333)).alias("interval_end_utc")
        )
