"""The experts of a forecast, by name, and the recipes that combine them.

Belongs here: which models a name stands for. How they run in time is `ml.engine`; how they are mixed is `ml.online`.

A tabular expert learns from feature rows, pooled over series, and gives quantiles (`ml.models`). A daily expert learns from whole
days of one series and gives points (`ml.lear`, `ml.neural`, `ml.trees`). A recipe names both and whether the reference (the
operator's forecast, or y of a week before) takes part itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from gridlake.errors import UsageError
from ml.daily import View
from ml.deep import Deep
from ml.frame import Array
from ml.lear import Lear
from ml.models import MODELS
from ml.neural import Network
from ml.trees import DailyTrees

TARGETS = ("load", "price", "solar", "wind")


class DailyExpert(Protocol):
    """Point forecasts of consecutive local days. `repr` of an expert names its settings in full."""

    @property
    def name(self) -> str: ...

    @property
    def variants(self) -> tuple[str, ...]: ...

    def forecast(self, view: View, days: Array) -> Array:
        """days x variants x slots for consecutive target `days` (since 1970); NaN where it has nothing to say.

        A day's forecast may use of the view only what that day's own issue knew.
        """
        ...


DAILY: dict[str, Callable[[], DailyExpert]] = {"lear": Lear, "dnn": Network, "trees": DailyTrees}
# These need the extra `deep`; one expert per cell.
DAILY |= {cell: partial(Deep, name=cell, cell=cell) for cell in ("bilstm", "gru", "encdec", "transformer", "tft")}


@dataclass(frozen=True)
class Recipe:
    """What a model name stands for. `mixed`: several points are weighed online, else the single tabular expert stands."""

    name: str
    tabular: tuple[str, ...] = ()
    daily: tuple[DailyExpert, ...] = ()
    reference: bool = False

    @property
    def mixed(self) -> bool:
        return bool(self.daily) or self.reference or len(self.tabular) > 1


# Loads change slowly: a week between fits, and lighter networks, cost little and save much.
LOAD_EXPERTS: tuple[DailyExpert, ...] = (
    Lear(windows=(728,), penalties=(0.002, 0.008), refit_days=7),
    Lear(name="lear_peers", windows=(728,), penalties=(0.002, 0.008), refit_days=7, peers=True),
    Network(name="dnn_peers", hidden=(128, 64), members=2, epochs=30, weight_decay=2.0, peers=True),
)
GENERATION_EXPERTS: tuple[DailyExpert, ...] = (
    Lear(windows=(84, 364), penalties=(0.008, 0.032), refit_days=7),
    Network(hidden=(128, 64), members=2, epochs=30),
    DailyTrees(rounds=200),
)


def price_experts() -> tuple[DailyExpert, ...]:
    """Linear experts of six windows, a network and boosted trees of two temperaments."""
    quick = DailyTrees(name="trees_quick", rounds=200, learning_rate=0.1)
    return (Lear(), replace(Lear(), windows=(56, 728)), Network(), DailyTrees(), quick)


CHAMPIONS = {"load": "lightgbm", "price": "ensemble", "solar": "ensemble", "wind": "ensemble"}


def champion_of(target: str) -> str:
    """The model that won the backtests recorded in docs/forecasting.md."""
    return CHAMPIONS[target]


def recipe(model: str, target: str) -> Recipe:
    """The recipe of a model name. Raises `UsageError` for a name that is not known."""
    name = champion_of(target) if model == "champion" else model
    if name == "ensemble":
        if target == "price":
            return Recipe(name, daily=price_experts())
        if target in ("solar", "wind"):
            return Recipe(name, daily=GENERATION_EXPERTS, reference=True)
        return Recipe(name, tabular=("lightgbm",), daily=LOAD_EXPERTS, reference=True)
    if name in DAILY:
        return Recipe(name, daily=(DAILY[name](),))
    if name in MODELS:
        return Recipe(name, tabular=(name,))
    known = ", ".join(("champion", "ensemble", *DAILY, *MODELS))
    raise UsageError(f"There is no model '{model}'.", f"Use one of {known}.")
