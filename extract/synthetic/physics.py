"""The physics of one region: weather, load, renewables, dispatch, prices and the operator's forecast. Arrays by hour.

Every quantity is rounded once, to what its format prints, and later ones are made from the rounded ones: so the sum of
generation equals load plus export, and LMP equals energy plus congestion plus loss, to the last printed digit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import polars as pl

from extract.synthetic.grid import Calendar, Region, region, stream

BURN_IN_HOURS = 24 * 30
GAS_MINIMUM_SHARE = 0.03  # of load: units that must run for reserves
COAL_MINIMUM_SHARE = 0.25  # of coal capacity
EXPORT_SHARE = 0.01  # of load, at most
SCARCITY_FROM = 0.80  # share of thermal capacity in use from which prices bend upwards
LEAD_DAYS = (1, 2)


@dataclass(frozen=True)
class Sky:
    """Weather of the region as a whole: °C, share of sky 0..1, m/s at 10 m, %, hPa; clear-sky sunshine 0..1."""

    temperature_c: np.ndarray
    cloud: np.ndarray
    wind_m_per_s: np.ndarray
    humidity_pct: np.ndarray
    pressure_hpa: np.ndarray
    clear_sky: np.ndarray


@dataclass(frozen=True)
class Dispatch:
    """How load was served: MW by fuel, export, share of thermal capacity in use, whether renewables were curtailed."""

    generation_mw: dict[str, np.ndarray]
    export_mw: np.ndarray
    stress: np.ndarray
    is_curtailed: np.ndarray


@dataclass(frozen=True)
class Simulation:
    """One region's truth, before any defect. Arrays have one entry per hour of `calendar.frame`.

    load_mw: columns as `region.zones`. weather: by station and variable. prices: by market and zone, energy,
    congestion, loss, lmp in USD/MWh. forecast_mw: by lead day (1: issued on the day before the target day), columns as
    `region.zones` and then TOTAL.
    """

    region: Region
    calendar: Calendar
    load_mw: np.ndarray
    dispatch: Dispatch
    weather: dict[str, dict[str, np.ndarray]]
    prices: dict[str, dict[str, dict[str, np.ndarray]]]
    forecast_mw: dict[int, np.ndarray]


@lru_cache(maxsize=12)
def simulate(region_id: str, seed: int, days: int) -> Simulation:
    """The truth of one region; the same for the same arguments. Callers must not change the arrays."""
    here = region(region_id)
    calendar = Calendar(here.timezone, days, here.first_day)
    hour = calendar.frame["local_hour"].to_numpy().astype(float)
    year_angle = 2 * np.pi * (calendar.frame["day_of_year"].to_numpy() - 20) / 365.25  # coldest about 20 January
    sky = _sky(here, calendar, seed, hour, year_angle)
    load = _load(here, calendar, seed, sky)
    dispatch = _dispatch(here, calendar, seed, sky, load.sum(axis=1), year_angle)
    forecast = {lead: _forecast(here, seed, hour, sky, load, lead) for lead in LEAD_DAYS}
    expected = forecast[1][:, -1] / load.sum(axis=1)
    prices = _prices(here, seed, dispatch, expected, year_angle)
    return Simulation(here, calendar, load, dispatch, _stations(here, seed, sky), prices, forecast)


def persistent(rng: np.random.Generator, hours: int, memory_hours: float) -> np.ndarray:
    """A stationary AR(1) series of unit variance whose correlation falls to 1/e after `memory_hours`."""
    phi = float(np.exp(-1 / memory_hours))
    shocks = pl.Series(rng.standard_normal(hours + BURN_IN_HOURS))
    smoothed = shocks.ewm_mean(alpha=1 - phi, adjust=False).to_numpy()[BURN_IN_HOURS:]
    return smoothed * np.sqrt((1 + phi) / (1 - phi))


def _sky(here: Region, calendar: Calendar, seed: int, hour: np.ndarray, year_angle: np.ndarray) -> Sky:
    n, rng = len(hour), stream(seed, here.region_id, "weather")
    cloud = 1 / (1 + np.exp(-(1.6 * persistent(rng, n, 14) - 0.6 + 0.4 * np.cos(year_angle))))
    daily_swing = here.diurnal_c * (1.15 - 0.6 * cloud)
    temperature = (
        here.mean_c
        - here.annual_c * np.cos(year_angle)
        - daily_swing * np.cos(2 * np.pi * (hour - 4) / 24)  # coldest at 4, warmest at 16
        + 3.2 * persistent(rng, n, 60)
        + 0.3 * persistent(rng, n, 2)
    )
    night_wind = 1 + 0.12 * np.cos(2 * np.pi * (hour - 1) / 24)
    wind = 6.4 * np.exp(0.40 * persistent(rng, n, 16) - 0.08 + 0.08 * np.cos(year_angle)) * night_wind
    anomaly = temperature - here.mean_c
    humidity = np.clip(62 - 1.3 * anomaly + 22 * (cloud - 0.4) + 6 * persistent(rng, n, 10), 8, 100)
    pressure = 1014 + 7 * persistent(rng, n, 72) - 0.12 * anomaly
    return Sky(temperature, cloud, np.minimum(wind, 29), humidity, pressure, _clear_sky(here, calendar))


def _clear_sky(here: Region, calendar: Calendar) -> np.ndarray:
    """Sunshine on the ground without clouds, as a share of its strongest; declination after Cooper (1969)."""
    utc = calendar.frame["interval_start_utc"]
    solar_hour = utc.dt.hour().to_numpy() + 0.5 + here.longitude / 15  # mean solar time at the hour's middle
    declination = np.radians(23.45) * np.sin(2 * np.pi * (284 + utc.dt.ordinal_day().to_numpy()) / 365)
    latitude = np.radians(here.latitude)
    sine = np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(declination) * np.cos(
        np.pi * (solar_hour - 12) / 12
    )
    return np.maximum(sine, 0) ** 1.15


def _load(here: Region, calendar: Calendar, seed: int, sky: Sky) -> np.ndarray:
    """Load by zone in MW, one decimal: hour-of-week profile, heating and cooling with inertia, growth, noise."""
    frame, n = calendar.frame, len(sky.cloud)
    rng = stream(seed, here.region_id, "load")
    hour = frame["local_hour"].to_numpy().astype(float)
    weekend = ((frame["day_of_week"] >= 6) | frame["is_holiday"]).to_numpy()
    profile = 1 - 0.13 * np.cos(2 * np.pi * (hour - 4) / 24) - 0.055 * np.cos(4 * np.pi * (hour - 2) / 24)
    profile = np.where(weekend, 0.94 + 0.82 * (profile - 1), profile)
    felt = pl.Series(sky.temperature_c).ewm_mean(half_life=8, adjust=False).to_numpy()
    occupied = 0.75 + 0.25 * profile
    thermal = (
        here.heating_mw_per_c * np.maximum(14 - felt, 0) + here.cooling_mw_per_c * np.maximum(felt - 19, 0)
    ) * occupied
    growth = 1 + 0.02 * np.arange(n) / 8766
    total = (
        (here.base_mw * profile + thermal)
        * growth
        * (1 + 0.010 * persistent(rng, n, 20) + 0.002 * rng.standard_normal(n))
    )
    shares = np.stack([z.share * (1 + 0.02 * persistent(rng, n, 30)) for z in here.zones], axis=1)
    return np.round(total[:, None] * shares / shares.sum(axis=1, keepdims=True), 1)


def _dispatch(
    here: Region, calendar: Calendar, seed: int, sky: Sky, load: np.ndarray, year_angle: np.ndarray
) -> Dispatch:
    n, rng, capacity = len(load), stream(seed, here.region_id, "dispatch"), here.capacity_mw
    outage_start = int(rng.integers(24 * 80, 24 * 120))  # one nuclear unit refuels for three weeks in spring
    nuclear = capacity["nuclear"] * np.where((np.arange(n) - outage_start) // (24 * 21) == 0, 0.52, 0.98)
    heat_loss = 1 - 0.004 * np.maximum(sky.temperature_c - 20, 0)
    solar = capacity["solar"] * sky.clear_sky * (1 - 0.75 * sky.cloud**2) * heat_loss
    hub_wind = 1.35 * sky.wind_m_per_s
    wind = capacity["wind_onshore"] * np.where(hub_wind > 25, 0, np.clip((hub_wind**3 - 3**3) / (12.5**3 - 3**3), 0, 1))
    export = np.round(EXPORT_SHARE * load * (0.5 + 0.5 * np.tanh(persistent(rng, n, 24))), 1)
    need = load + export
    net = need - solar - wind
    quiet, busy = np.quantile(net, [0.02, 0.98])
    spring_melt = 0.45 - 0.20 * np.cos(year_angle)  # reservoirs fill in late spring, empty in winter
    hydro = capacity["hydro"] * np.clip(spring_melt + 0.35 * (net - quiet) / (busy - quiet) - 0.1, 0.08, 0.95)
    coal_minimum = COAL_MINIMUM_SHARE * capacity["coal"]
    room = need - nuclear - hydro - coal_minimum - GAS_MINIMUM_SHARE * load
    kept = np.clip(room / np.maximum(solar + wind, 1e-9), 0, 1)
    generation = {
        "solar": np.round(solar * kept, 1),
        "wind_onshore": np.round(wind * kept, 1),
        "hydro": np.round(hydro, 1),
        "nuclear": np.round(nuclear, 1),
    }
    rest = need - sum(generation.values())
    thermal = capacity["coal"] + capacity["gas"]
    if capacity["coal"]:
        generation["coal"] = np.round(np.clip(0.32 * rest, coal_minimum, capacity["coal"]), 1)
        rest = rest - generation["coal"]
    generation["gas"] = np.round(rest, 1)
    stress = (generation["gas"] + generation.get("coal", 0.0)) / thermal
    return Dispatch(generation, export, stress, kept < 1)


def _forecast(here: Region, seed: int, hour: np.ndarray, sky: Sky, load: np.ndarray, lead: int) -> np.ndarray:
    """The operator's forecast by zone and TOTAL, whole MW: it underrates evening ramps and hot hours, overrates nights
    and mild ones — a bias that can be learned — and has weather's persistent error on top."""
    n, rng = len(hour), stream(seed, here.region_id, f"forecast {lead}")
    by_hour = -0.020 * np.sin(2 * np.pi * (hour - 12) / 24) - 0.008 * np.cos(4 * np.pi * (hour - 19) / 24)
    by_temperature = -0.0022 * np.clip(sky.temperature_c - 20, -12, 14)
    spread = {1: 0.021, 2: 0.030}[lead]
    error = by_hour + by_temperature + spread * persistent(rng, n, 22)
    total = load.sum(axis=1) * (1 + error)
    own = np.stack([1 + 0.010 * persistent(rng, n, 30) for _ in here.zones], axis=1)
    return np.round(np.column_stack([load * (1 + error)[:, None] * own, total]), 0)


def _prices(
    here: Region, seed: int, dispatch: Dispatch, expected_load: np.ndarray, year_angle: np.ndarray
) -> dict[str, dict[str, dict[str, np.ndarray]]]:
    """Prices by market and zone. Energy follows a merit order: the heat rate of the marginal unit, in MMBtu/MWh, times
    the gas price, rising steeply where thermal capacity runs out, negative where renewables are curtailed. The
    day-ahead market sees the operator's forecast of load, real time the load itself and its surprises."""
    n, rng = len(year_angle), stream(seed, here.region_id, "price")
    gas_price = here.gas_usd_per_mmbtu * np.exp(0.08 * np.cos(year_angle) + 0.06 * persistent(rng, n, 24 * 12))
    seen = {"DAM": dispatch.stress * expected_load + 0.012 * persistent(rng, n, 12), "RTM": dispatch.stress}
    markets = {}
    for market, stress in seen.items():
        heat_rate = 5.2 + 9.0 * np.clip(stress, 0, 1) + 55 * np.maximum(stress - SCARCITY_FROM, 0) ** 2
        energy = gas_price * heat_rate + 2.0
        surplus = -4 - 6 * np.abs(persistent(rng, n, 6))
        energy = np.where(dispatch.is_curtailed, surplus, energy)
        if market == "RTM":
            spike = (rng.random(n) < 0.004) * rng.gamma(1.5, 70, n)
            energy = energy * (1 + 0.07 * persistent(rng, n, 3)) + spike
        energy = np.round(energy, 2)
        tightness = np.clip((stress - 0.35) / 0.4, 0, 1.5) * (1 + 0.4 * persistent(rng, n, 8))
        zones = {}
        for zone in (z for z in here.zones if z.is_priced):
            congestion = np.round(zone.congestion * np.maximum(tightness, 0), 2) + 0.0  # no "-0.0"
            loss = np.round(zone.loss * energy, 2)
            zones[zone.name] = {
                "energy": energy,
                "congestion": congestion,
                "loss": loss,
                "lmp": energy + congestion + loss,
            }
        markets[market] = zones
    return markets


def _stations(here: Region, seed: int, sky: Sky) -> dict[str, dict[str, np.ndarray]]:
    stations = {}
    for station in here.stations:
        n, rng = len(sky.cloud), stream(seed, here.region_id, station.code)
        stations[station.code] = {
            "temperature_c": np.round(sky.temperature_c + station.offset_c + 0.5 * persistent(rng, n, 5), 1),
            "humidity_pct": np.round(np.clip(sky.humidity_pct + 2 * persistent(rng, n, 5), 5, 100), 0),
            "wind_speed_m_per_s": np.round(sky.wind_m_per_s * np.exp(0.10 * persistent(rng, n, 3)), 1),
            "cloud_cover_pct": np.round(100 * np.clip(sky.cloud + 0.05 * persistent(rng, n, 3), 0, 1), 0),
            "pressure_hpa": np.round(sky.pressure_hpa + 0.4 * persistent(rng, n, 5), 1),
        }
    return stations
