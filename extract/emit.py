"""What silver takes of a feed: which subject a bronze row speaks of, and how its cells become that subject's columns.

Belongs here: the columns of each silver subject, once, and `Emit`, with which a feed fills them. From the declarations
`python -m extract.generate` writes the dbt models `int_<subject>__received`. Signs, units and market names are settled
in a feed's `Emit`; rules, revisions and gaps are the warehouse's matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class SubjectColumn:
    """One column of a subject: SQL type, meaning, unit, and the SQL that stands where a feed does not fill it."""

    name: str
    type: str  # varchar, double, timestamp
    description: str
    unit: str = ""
    otherwise: str = ""

    @property
    def default(self) -> str:
        return self.otherwise or f"cast(null as {self.type})"


def _text(name: str, description: str, otherwise: str = "") -> SubjectColumn:
    return SubjectColumn(name, "varchar", description, "", otherwise)


def _number(name: str, description: str, unit: str) -> SubjectColumn:
    return SubjectColumn(name, "double", description, unit)


FINAL = SubjectColumn("is_final", "boolean", "Whether the source calls the value final; null where it does not say.")
REPAIR = _text(
    "repair_code", "Why the row stands elsewhere than the source put it; empty where it was not moved.", "''"
)
CODE = _text("source_code", "Zone, area or node as the source names it; TOTAL for the whole region.")
FUEL = _text("source_fuel", "Fuel as the source names it.")

WEATHER = (
    _text("station_id", "Station, `<region>.<name>`."),
    _number("temperature_c", "Air temperature.", "degC"),
    _number("dew_point_c", "Dew point.", "degC"),
    _number("humidity_pct", "Relative humidity.", "%"),
    _number("wind_speed_m_per_s", "Wind speed.", "m/s"),
    _number("pressure_hpa", "Air pressure.", "hPa"),
    _number("cloud_cover_pct", "Cloud cover.", "%"),
    _number("precipitation_mm", "Precipitation of the interval.", "mm"),
    _number(
        "irradiance_w_per_m2", "Global irradiance on the horizontal, or the sum of the parts a source tells.", "W/m2"
    ),
)

# Beside these every subject has feed, source_system, region_id, interval_start_utc, interval_end_utc, month and lineage.
SUBJECTS: dict[str, tuple[SubjectColumn, ...]] = {
    "load": (
        CODE,
        _text("load_text", "Load as received."),
        _number("load_mw", "Load.", "MW"),
        _text("category", "Screening label of the source, where it has one."),
        FINAL,
        REPAIR,
    ),
    "load_forecast": (
        CODE,
        _text("load_forecast_text", "Forecast as received."),
        _number("load_forecast_mw", "Forecast load.", "MW"),
        SubjectColumn("first_day_start", "timestamp", "Local midnight of the first day the vintage forecasts."),
        REPAIR,
    ),
    "price": (
        CODE,
        _text("market_id", "Market: DAM, RTM, FMM, RTC, HOEP, FINAL."),
        _text("price_text", "Price as received."),
        _number("price_per_mwh", "Price; the LMP where there is one.", "currency/MWh"),
        _number("energy_per_mwh", "Energy component.", "currency/MWh"),
        _number("congestion_per_mwh", "Congestion component, added to the price.", "currency/MWh"),
        _number("loss_per_mwh", "Loss component, added to the price.", "currency/MWh"),
        _text("currency", "ISO 4217 code."),
        FINAL,
        REPAIR,
    ),
    "ancillary_price": (
        CODE,
        _text("market_id", "Market."),
        _text("product", "Product: regulation_up, regulation_down, spin_10, non_spin_10, operating_30, ..."),
        _text("price_text", "Price as received."),
        _number("price_per_mwh", "Price of a MW held for an hour.", "currency/MWh"),
        _text("currency", "ISO 4217 code."),
    ),
    "generation": (
        FUEL,
        _text("generation_text", "Generation as received."),
        _number("generation_mw", "Mean generation of the interval; negative where a fuel draws power.", "MW"),
        REPAIR,
    ),
    "generation_forecast": (
        FUEL,
        CODE,
        _text("forecast_text", "Forecast as received."),
        _number("generation_forecast_mw", "Forecast generation.", "MW"),
        REPAIR,
    ),
    "interchange": (
        _text("source_code", "Neighbour, tie or interface as the source names it."),
        _text("kind", "actual, scheduled, forecast or capacity.", "'actual'"),
        _text("interchange_text", "Flow as received."),
        _number("interchange_mw", "Flow; positive leaves the region.", "MW"),
        _number("export_limit_mw", "Transfer limit out of the region.", "MW"),
        _number("import_limit_mw", "Transfer limit into the region.", "MW"),
    ),
    "reserve": (
        CODE,
        _text("product", "What is held or available: spin_10, operating_30, capacity_available, ..."),
        _text("kind", "requirement, available, forecast."),
        _text("capacity_text", "Value as received."),
        _number("capacity_mw", "Capacity.", "MW"),
    ),
    "weather": WEATHER,
    "weather_forecast": WEATHER,
    "frequency": (
        CODE,
        _text("frequency_text", "Frequency as received."),
        _number("frequency_hz", "System frequency.", "Hz"),
    ),
    "meter": (
        _text("meter_id", "Meter, as the source names it, under `<source>.`."),
        _text("commodity", "electricity, gas or solar.", "'electricity'"),
        _text("quantity_text", "Reading as received."),
        _number("energy_kwh", "Energy of the interval.", "kWh"),
        _text("status", "Status code of the reading; null where the source has none."),
        SubjectColumn("read_at_utc", "timestamp", "When the reading was taken; tells a corrected from an earlier one."),
    ),
    "scada": (
        _text("asset_id", "Asset, `<source>.<name>`."),
        _text("point", "Measured point: active_power_kw, wind_speed_m_per_s, ..."),
        _text("value_text", "Value as received."),
        _number("point_value", "Value in the unit the point's name ends with.", "as named"),
        SubjectColumn("quality_code", "integer", "OPC quality: 0 and 192 good, 24 and 152 suspect, other bad; null where untold."),
    ),
    "phasor": (
        _text("pmu_id", "Phasor measurement unit."),
        _number("frequency_hz", "Frequency.", "Hz"),
        _number("voltage_kv", "Voltage magnitude, line to line.", "kV"),
        _number("angle_deg", "Voltage angle.", "degree"),
        _text("status", "Status word as received."),
    ),
    "alert": (
        _text("alert_id", "Id of the notice."),
        _text("level", "notice, watch, warning or emergency."),
        _text("message", "Text of the notice."),
    ),
}  # fmt: skip

ACROSS_CODE, ACROSS_VALUE = "across_code", "across_value"


def number(column: str) -> str:
    """SQL that reads a text cell as a number; null where it is none.

    >>> number("lbmp")
    "{{ to_number('lbmp') }}"
    """
    return f"{{{{ to_number('{column}') }}}}"


def grouped_number(column: str) -> str:
    """SQL that reads a text cell with grouped thousands ("1,402.44") as a number; null where it is none.

    >>> grouped_number("hoep")
    "try_cast(nullif(trim(replace(hoep, ',', '')), '') as double)"
    """
    return f"try_cast(nullif(trim(replace({column}, ',', '')), '') as double)"


def literal(value: str) -> str:
    """A SQL text literal.

    >>> literal("DAM")
    "'DAM'"
    """
    return "'" + value.replace("'", "''") + "'"


@dataclass(frozen=True)
class Emit:
    """One way a bronze row speaks of a subject.

    columns: subject column to SQL over the feed's bronze columns (text as received; Jinja macros may be used).
    where: SQL condition on the rows it takes.
    across: bronze columns that each hold one series, to the series' name: every row is read once for each of them, and
      in `columns`, `starts` and `ends` the SQL names `across_code` and `across_value` stand for the name and the cell.
    is_grouped: several rows make one (components in rows): `columns` that aggregate say so themselves, all else is
      grouped by. starts, ends: SQL of the interval, naive UTC. moves_months: a repair may move it to another month.
    """

    subject: str
    columns: Mapping[str, str]
    where: str = ""
    across: Mapping[str, str] = field(default_factory=dict)
    is_grouped: bool = False
    starts: str = "interval_start_utc"
    ends: str = "interval_end_utc"
    moves_months: bool = False

    def __post_init__(self) -> None:
        if self.subject not in SUBJECTS:
            raise ValueError(f"there is no silver subject {self.subject!r}; there are {', '.join(SUBJECTS)}")
        known = {column.name for column in SUBJECTS[self.subject]}
        if unknown := sorted(set(self.columns) - known):
            raise ValueError(
                f"subject {self.subject} has no column {', '.join(unknown)}; it has {', '.join(sorted(known))}"
            )


def load(
    code: str, column: str, *, where: str = "", scale: str = "", ends: str = "interval_end_utc", **columns: str
) -> Emit:
    """Load in `column`, of the zone that SQL `code` names; `scale` is appended to the number (` * 2` for MWh per half hour)."""
    found = {"source_code": code, "load_text": column, "load_mw": number(column) + scale, **columns}
    return Emit("load", found, where, ends=ends)


def load_across(columns: Mapping[str, str], *, where: str = "") -> Emit:
    """Load of several zones, one column each: bronze column to zone code."""
    found = {"source_code": ACROSS_CODE, "load_text": ACROSS_VALUE, "load_mw": number(ACROSS_VALUE)}
    return Emit("load", found, where, across=columns)


def load_forecast(code: str, column: str, *, where: str = "", **columns: str) -> Emit:
    """Load forecast in `column`; its issue time is the row's `published_at_utc` where the source tells one."""
    found = {"source_code": code, "load_forecast_text": column, "load_forecast_mw": number(column), **columns}
    return Emit("load_forecast", found, where)


def load_forecast_across(columns: Mapping[str, str], *, where: str = "", **more: str) -> Emit:
    """Load forecast of several zones, one column each: bronze column to zone code."""
    found = {"source_code": ACROSS_CODE, "load_forecast_text": ACROSS_VALUE, "load_forecast_mw": number(ACROSS_VALUE)}
    return Emit("load_forecast", {**found, **more}, where, across=columns)


def price(code: str, market: str, column: str, currency: str, *, where: str = "", **components: str) -> Emit:
    """Price in `column`; `components` as SQL: energy_per_mwh, congestion_per_mwh, loss_per_mwh (added to the price)."""
    found = {
        "source_code": code, "market_id": market, "price_text": column, "price_per_mwh": number(column),
        "currency": literal(currency), **components,
    }  # fmt: skip
    return Emit("price", found, where)


def generation(fuel: str, column: str, *, where: str = "") -> Emit:
    """Generation in `column`, MW, of the fuel that SQL `fuel` names."""
    return Emit("generation", {"source_fuel": fuel, "generation_text": column, "generation_mw": number(column)}, where)


def generation_across(columns: Mapping[str, str], *, where: str = "") -> Emit:
    """Generation of several fuels, one column each: bronze column to fuel."""
    found = {"source_fuel": ACROSS_CODE, "generation_text": ACROSS_VALUE, "generation_mw": number(ACROSS_VALUE)}
    return Emit("generation", found, where, across=columns)


def generation_forecast(fuel: str, column: str, *, code: str = "'TOTAL'", where: str = "") -> Emit:
    """Forecast generation in `column`, MW; its issue time is the row's `published_at_utc`."""
    found = {
        "source_fuel": fuel, "source_code": code, "forecast_text": column, "generation_forecast_mw": number(column),
    }  # fmt: skip
    return Emit("generation_forecast", found, where)
