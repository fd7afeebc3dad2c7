"""All feeds there are, by name. A feed is added here once and appears in runs, tests and documents."""

from __future__ import annotations

from collections.abc import Sequence

from extract.feed import Feed
from extract.feeds.aemo import AemoVictoria
from extract.feeds.caiso import (
    CaisoLoadForecast,
    CaisoLocations,
    CaisoNodePrice,
    CaisoPrice,
    CaisoRenewableForecast,
    CaisoSchedule,
)
from extract.feeds.caiso_day import CaisoNetDemand, CaisoRenewablesWatch, CaisoSystemConditions
from extract.feeds.citylearn import CityLearnBuilding, CityLearnCarbon, CityLearnPricing, CityLearnWeather
from extract.feeds.eemeter import EemeterReading, EemeterTemperature
from extract.feeds.egrid import EpaEgridGenerators
from extract.feeds.egrid_plant import EpaEgridPlants
from extract.feeds.eia930 import Eia930Cleaned
from extract.feeds.eia930_api import Eia930Api
from extract.feeds.eia930_workbook import Eia930Authority, Eia930Interchange, Eia930Subregion
from extract.feeds.eia930_zone import Eia930Zone
from extract.feeds.eia_plant import EiaPowerPlants
from extract.feeds.entsoe_generation import EntsoeGeneration
from extract.feeds.entsoe_xml import EntsoeTransparency
from extract.feeds.epa_ampd import EpaAmpdEmission, EpaAmpdFacility
from extract.feeds.epf import EpfPrice
from extract.feeds.ercot import ErcotNativeLoad, ErcotZonePrice
from extract.feeds.ercot_dashboard import ErcotDemand, ErcotFuelMix, ErcotStorage
from extract.feeds.ercot_report import ErcotDocumentList, ErcotLoadForecast, ErcotSolar, ErcotWind
from extract.feeds.gefcom import Gefcom2014Load
from extract.feeds.green_button import GreenButton
from extract.feeds.gridstatus import GridstatusFuelMix, GridstatusLoad, GridstatusLoadForecast, GridstatusPrice
from extract.feeds.household import LclDaily, SgscReading
from extract.feeds.ieso import IesoDemand, IesoHoep
from extract.feeds.isone import IsoneDayAheadPrice, IsoneRealTimePrice, IsoneSmd
from extract.feeds.isone_day import (
    IsoneExchange,
    IsoneForecastActual,
    IsoneMorningReport,
    IsoneSevenDayForecast,
    IsoneSolarForecast,
    IsoneSystemLoad,
    IsoneWindForecast,
)
from extract.feeds.miso import MisoLoad, MisoSolarForecast, MisoWindForecast
from extract.feeds.nyiso_generation import NyisoFuelMix
from extract.feeds.nyiso_load import NyisoIsolf, NyisoPal
from extract.feeds.nyiso_more import (
    NyisoGeneratorPrice,
    NyisoInterfaceFlows,
    NyisoLoadBesideForecasts,
    NyisoOasisDayAhead,
    NyisoOasisRealTimeCommitment,
    NyisoPalIntegrated,
)
from extract.feeds.nyiso_price import NyisoDayAheadPrice, NyisoRealTimePrice
from extract.feeds.opsd import OpsdTimeSeries, OpsdWeather
from extract.feeds.outages import PgeOutages, UsOutageEvents
from extract.feeds.own_meter import OwnCustomer, OwnMeter, OwnMeterInterval
from extract.feeds.own_topology import OwnTopology
from extract.feeds.pjm import (
    PjmDayAheadPrice,
    PjmGenerationByFuel,
    PjmLoadForecast,
    PjmMeteredLoad,
    PjmSolarForecast,
    PjmSolarGeneration,
    PjmWindForecast,
    PjmWindGeneration,
)
from extract.feeds.scada import WindTurbineScada
from extract.feeds.spain import SpainEnergy, SpainWeather
from extract.feeds.spp import SppHourlyLoad
from extract.feeds.spp_price import SppDayAheadPrice, SppRealTimePrice
from extract.feeds.synthetic import SyntheticGrid, SyntheticLoad, SyntheticObservation
from extract.feeds.synthetic_native import (
    SyntheticJson,
    SyntheticOutage,
    SyntheticRecords,
    SyntheticWorkbook,
    SyntheticXml,
)
from extract.feeds.synthetic_telemetry import SyntheticPmu, SyntheticScada
from extract.feeds.weather import DwdHourly, IemAsos, OpenMeteoForecast, OpenMeteoWeather
from gridlake.errors import UsageError, did_you_mean

FEEDS: tuple[Feed, ...] = (
    Eia930Cleaned(),
    Eia930Zone(),
    Eia930Authority(),
    Eia930Interchange(),
    Eia930Subregion(),
    Eia930Api(),
    IesoDemand(),
    IesoHoep(),
    AemoVictoria(),
    Gefcom2014Load(),
    EpfPrice(),
    EntsoeTransparency(),
    EntsoeGeneration(),
    OpsdTimeSeries(),
    OpsdWeather(),
    WindTurbineScada(),
    NyisoPal(),
    NyisoIsolf(),
    NyisoDayAheadPrice(),
    NyisoRealTimePrice(),
    NyisoFuelMix(),
    NyisoPalIntegrated(),
    NyisoGeneratorPrice(),
    NyisoOasisDayAhead(),
    NyisoOasisRealTimeCommitment(),
    NyisoInterfaceFlows(),
    NyisoLoadBesideForecasts(),
    CaisoPrice(),
    CaisoLoadForecast(),
    CaisoRenewableForecast(),
    CaisoSchedule(),
    CaisoNodePrice(),
    CaisoLocations(),
    CaisoRenewablesWatch(),
    CaisoNetDemand(),
    CaisoSystemConditions(),
    ErcotNativeLoad(),
    ErcotZonePrice(),
    ErcotFuelMix(),
    ErcotDemand(),
    ErcotStorage(),
    ErcotLoadForecast(),
    ErcotWind(),
    ErcotSolar(),
    ErcotDocumentList(),
    IsoneSmd(),
    IsoneDayAheadPrice(),
    IsoneRealTimePrice(),
    IsoneForecastActual(),
    IsoneSystemLoad(),
    IsoneExchange(),
    IsoneWindForecast(),
    IsoneSolarForecast(),
    IsoneMorningReport(),
    IsoneSevenDayForecast(),
    MisoLoad(),
    MisoWindForecast(),
    MisoSolarForecast(),
    PjmDayAheadPrice(),
    PjmMeteredLoad(),
    PjmWindGeneration(),
    PjmSolarGeneration(),
    PjmGenerationByFuel(),
    PjmLoadForecast(),
    PjmWindForecast(),
    PjmSolarForecast(),
    SppHourlyLoad(),
    SppRealTimePrice(),
    SppDayAheadPrice(),
    SpainEnergy(),
    SpainWeather(),
    EpaEgridGenerators(),
    EpaEgridPlants(),
    EpaAmpdEmission(),
    EpaAmpdFacility(),
    EiaPowerPlants(),
    CityLearnBuilding(),
    CityLearnWeather(),
    CityLearnCarbon(),
    CityLearnPricing(),
    SgscReading(),
    LclDaily(),
    EemeterReading(),
    EemeterTemperature(),
    OwnMeterInterval(),
    GreenButton(),
    OwnMeter(),
    OwnCustomer(),
    OwnTopology(),
    UsOutageEvents(),
    PgeOutages(),
    GridstatusLoad(),
    GridstatusLoadForecast(),
    GridstatusPrice(),
    GridstatusFuelMix(),
    OpenMeteoWeather(),
    OpenMeteoForecast(),
    IemAsos(),
    DwdHourly(),
    SyntheticLoad(),
    SyntheticObservation(),
    SyntheticGrid(),
    SyntheticWorkbook(),
    SyntheticXml(),
    SyntheticJson(),
    SyntheticRecords(),
    SyntheticScada(),
    SyntheticPmu(),
    SyntheticOutage(),
)


def feed(name: str) -> Feed:
    """The feed of that name. Raises `UsageError` naming those near it."""
    for candidate in FEEDS:
        if candidate.name == name:
            return candidate
    known = (f.name for f in FEEDS)
    raise UsageError(f"There is no feed '{name}'.", did_you_mean(name, known, "`gridlake feeds` lists them."))


def feeds_for(origin: str, names: Sequence[str] | None = None) -> list[Feed]:
    """The feeds that `origin` offers, in the catalogue's order; only those in `names` where given.

    Raises `UsageError` for a name there is none of, or one that `origin` does not offer.
    """
    offered = [candidate for candidate in FEEDS if origin in candidate.origins]
    if names is None:
        return offered
    wanted = {feed(name).name for name in names}
    missing = sorted(wanted - {candidate.name for candidate in offered})
    if missing:
        raise UsageError(
            f"Origin '{origin}' does not offer {', '.join(missing)}.",
            f"It offers {', '.join(candidate.name for candidate in offered) or 'no feeds'}.",
        )
    return [candidate for candidate in offered if candidate.name in wanted]
