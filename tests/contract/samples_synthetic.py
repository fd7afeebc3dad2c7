"""Samples of the synthetic grid's feeds in operators' own formats, in the canonical one, and of its telemetry."""

from __future__ import annotations

from tests.contract.samples import Sample

SAMPLES = (
    Sample(
        "synthetic_grid", ("20250101-20250131.csv.gz", "20250201-20250203.csv.gz"), "interval_start", "value", "value",
        reaches_beyond_window=True, series=("dataset", "entity", "variable"),
    ),
    Sample("synthetic_workbook", ("native_load.xlsx",), "HourEnding", "ERCOT", "ercot", series=("region_id",)),
    Sample("synthetic_xml", ("load_202502.zip", "price_202502.zip"), "position", "quantity", "value"),
    Sample("synthetic_json", ("wind_202502.zip",), "DateTimeEST", "Value", "value"),
    Sample("synthetic_records", ("WW_DALMP_ISO_202502.csv",), "Date", "Locational Marginal Price", "lmp"),
    Sample("synthetic_scada", ("WT01.wind_speed_m_per_s.csv.gz",), "timestamp", "value", "value", series=("tag",)),
    Sample("synthetic_pmu", ("PMU.NYC1_20250203T1800.csv.gz",), "timestamp", "frequency_hz", "frequency", series=("pmu_id",)),
    Sample(
        "synthetic_outage", ("outages_2025-01-28T00.json", "outages_2025-01-28T06.json"), "outageNumber", "estCustAffected",
        "customers", "L02", declares_no_window=True,
    ),
)  # fmt: skip
