"""How a forecast or a backtest runs: its settings, in one value.

Belongs here: what is set, and what follows from it. What happens in time is `ml.engine`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time

from gridlake.errors import UsageError
from ml.calibration import Conformal
from ml.experts import Recipe, champion_of, recipe
from ml.online import Weighting
from ml.spread import Spread

# Prices change their ways faster and differ more by hour than loads do: chosen on the year before the test spans. Their twelve
# parts of the day with little pooling leave an hour nothing to adapt to.
CALIBRATION = {
    "price": Conformal(
        window_days=42, half_life_days=10.0, groups=12, pooled_share=0.3, median_share=0.7, hour_step=0.0
    ),
}


@dataclass(frozen=True)
class Plan:
    """How a backtest runs. Days count local days; `train_days` None means all history, `max_rows` None every row of it."""

    model: str = "champion"
    target: str = "load"
    issue_time: time = time(10, 0)
    known_until: str = "issue"
    use_operator: bool = True
    days_ahead: tuple[int, ...] = (1,)
    hours_ahead: int = 0  # above 0: issued at every full hour for the hours after it, by a tabular model
    retrain_days: int = 28
    train_days: int | None = None
    max_rows: int | None = None
    warmup_days: int = 84
    conformal: Conformal | None = None
    weighting: Weighting = field(default_factory=Weighting)
    spread: Spread = field(default_factory=Spread)

    def __post_init__(self) -> None:
        if self.hours_ahead and self.model_name not in ("lightgbm", "xgboost"):
            raise UsageError(f"'{self.model}' forecasts whole days.", "Use lightgbm or xgboost for some hours ahead.")

    @property
    def model_name(self) -> str:
        if self.hours_ahead and self.model == "champion":
            return "lightgbm"
        return champion_of(self.target) if self.model == "champion" else self.model

    @property
    def calibration(self) -> Conformal:
        """The plan's own settings, else those chosen for its target."""
        return self.conformal or CALIBRATION.get(self.target, Conformal())

    @property
    def recipe(self) -> Recipe:
        return recipe(self.model_name, self.target)
