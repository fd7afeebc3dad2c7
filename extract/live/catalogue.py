"""Which feed is asked how: every feed of origin `live` and its connector."""

from __future__ import annotations

from extract.live.apis import EiaApi, EntsoeApi
from extract.live.base import Connector
from extract.live.gridstatus import Gridstatus
from extract.live.operators import CaisoOasis, Egrid, NyisoDay
from extract.live.weather import DwdHourly, IemAsos, OpenMeteoArchive, OpenMeteoForecast
from extract.regions import NYISO_LOAD_ZONES, NYISO_PROXIES

PRICED = (*NYISO_LOAD_ZONES, *NYISO_PROXIES)
HUBS = "TH_NP15_GEN-APND,TH_SP15_GEN-APND,TH_ZP26_GEN-APND"

CONNECTORS: dict[str, Connector] = {
    "nyiso_pal": NyisoDay(dataset="pal", file="pal", minutes=5, series=("name",), members=NYISO_LOAD_ZONES),
    "nyiso_isolf": NyisoDay(dataset="isolf", file="isolf", reaches_ahead=True),
    "nyiso_damlbmp": NyisoDay(
        dataset="damlbmp", file="damlbmp_zone", series=("name",), members=PRICED, reaches_ahead=True
    ),
    "nyiso_realtime": NyisoDay(
        dataset="realtime", file="realtime_zone", minutes=5, series=("name",), members=PRICED
    ),
    "nyiso_rtfuelmix": NyisoDay(dataset="rtfuelmix", file="rtfuelmix", minutes=5, series=("fuel_category",)),
    "nyiso_interface_flows": NyisoDay(
        dataset="ExternalLimitsFlows", file="ExternalLimitsFlows", minutes=5, series=("interface_name",)
    ),
    "caiso_prc_lmp": CaisoOasis(
        report="PRC_LMP", market="DAM", version=12, more=(("node", HUBS),), series=("node", "lmp_type"),
        reaches_ahead=True,
    ),
    "caiso_sld_fcst": CaisoOasis(
        report="SLD_FCST", market="7DA", series=("area",), members=(), keeps_vintages=True, reaches_ahead=True
    ),
    "caiso_sld_ren_fcst": CaisoOasis(
        report="SLD_REN_FCST", market="DAM", series=("trading_hub", "renewable_type"), keeps_vintages=True,
        reaches_ahead=True,
    ),
    "gridstatus_load": Gridstatus(dataset="load"),
    "gridstatus_load_forecast": Gridstatus(dataset="load_forecast", reaches_ahead=True),
    "gridstatus_lmp": Gridstatus(dataset="lmp", reaches_ahead=True),
    "gridstatus_fuel_mix": Gridstatus(dataset="fuel_mix"),
    "eia930_api": EiaApi(),
    "entsoe_transparency": EntsoeApi(series=("document", "process", "zone_code")),
    "open_meteo_weather": OpenMeteoArchive(),
    "open_meteo_forecast": OpenMeteoForecast(),
    "iem_asos": IemAsos(),
    "dwd_hourly": DwdHourly(),
    "epa_egrid": Egrid(sheet="GEN"),
    "epa_egrid_plant": Egrid(sheet="PLNT"),
}  # fmt: skip
