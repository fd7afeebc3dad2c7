"""Which model stands: the champion, what it takes to replace it, and forecasts by a model that is not trained again.

Belongs here: rules of the succession. Files and aliases are `ml.registry`'s, forecasts `ml.predict`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ml.engine import Forecasts, Trainer
from ml.features import Rows
from ml.models import MEDIAN, Model, TrainingSet
from ml.plan import Plan
from ml.scoring import diebold_mariano, scored
from ml.zones import Zone

RETRAIN_DAYS = 28
PROMOTION_P = 0.05
UNKNOWN = np.datetime64("NaT", "us")


@dataclass(frozen=True)
class Verdict:
    """A new model beside the champion over the same past days. Errors are mean absolute ones in % of the zones' mean level."""

    promoted: bool
    against: str
    error_pct: float
    champion_error_pct: float
    dm_statistic: float
    dm_p_value: float
    rows: int

    @property
    def text(self) -> str:
        outcome = "takes the place of" if self.promoted else "does not replace"
        return (
            f"a new model ({self.error_pct:.3f} %) {outcome} champion {self.against} ({self.champion_error_pct:.3f} %): "
            f"Diebold-Mariano {self.dm_statistic:.2f}, p {self.dm_p_value:.4f}, {self.rows:,} rows"
        )


@dataclass(frozen=True)
class TrainedModel:
    """A model as it was used, for the registry. `trained_until`: nothing later was known to it (naive UTC); `zones` in the order of
    their numbers; `skill` by zone over the past days; `verdict` None where there was no champion to beat."""

    model_id: str
    version: str
    model: Model
    names: tuple[str, ...]
    training_rows: int
    zones: tuple[str, ...]
    operator_input: bool
    target: str = "load"
    trained_until: np.datetime64 = UNKNOWN
    skill: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)
    verdict: Verdict | None = None
    is_registered: bool = False

    @property
    def stands(self) -> bool:
        """Whether it makes the forecasts: there was nothing to beat, or it was better by more than noise."""
        return self.verdict is None or self.verdict.promoted

    def about(self) -> dict[str, Any]:
        """What is kept beside the model's files, in plain values."""
        return {
            "model_id": self.model_id, "version": self.version, "target": self.target, "zones": list(self.zones),
            "operator_input": self.operator_input, "training_rows": self.training_rows, "trained_until": str(self.trained_until),
        }  # fmt: skip

    @staticmethod
    def of(model: Model, names: Sequence[str], about: dict[str, Any]) -> TrainedModel:
        """A model read back, with what was kept beside it."""
        return TrainedModel(
            about["model_id"], about["version"], model, tuple(names), int(about["training_rows"]), tuple(about["zones"]),
            bool(about["operator_input"]), about["target"], np.datetime64(about["trained_until"], "us"), is_registered=True,
        )  # fmt: skip


@dataclass(frozen=True)
class Champion:
    """A registered model that stands."""

    trained: TrainedModel


@dataclass
class Served(Trainer):
    """A trainer that never trains: it predicts with a model that is there."""

    served: Model | None = None

    def fit(self, training: TrainingSet, name: str) -> Model:
        assert self.served is not None
        self.latest = self.served
        return self.served

    def tabular(self, name: str, training: TrainingSet, x: Sequence[Any]) -> list[Any]:
        model = self.fit(training, name)
        self.rows = len(training)
        return [self._predicted(model, rows) for rows in x]

    @staticmethod
    def _predicted(model: Model, x: Any) -> Any:
        return model.predict_quantiles(x) if len(x) else np.zeros((0, 7))


def matching(champions: Sequence[Champion], zones: Sequence[str], plan: Plan) -> Champion | None:
    """The champion that was trained for exactly these zones and this plan's target and inputs."""
    for champion in champions:
        trained = champion.trained
        if (trained.target, trained.operator_input, set(trained.zones), trained.model.name) == (
            plan.target, plan.use_operator, set(zones), plan.model_name,
        ):  # fmt: skip
            return champion
    return None


def too_old(champion: Champion, cutoff: np.datetime64) -> bool:
    """Whether a model trained on what was known at `cutoff` would know at least 28 days more, or less than the champion does: a
    champion that was trained on the days it is scored on proves nothing."""
    known = champion.trained.trained_until
    return bool(np.isnat(known) or cutoff - known >= np.timedelta64(RETRAIN_DAYS, "D") or known > cutoff)


def compare(
    group: Sequence[Zone],
    all_rows: Sequence[Rows],
    new: Sequence[Forecasts],
    old: Sequence[Forecasts],
    *,
    against: str,
) -> Verdict:
    """Diebold-Mariano of both models' daily losses over the past days; promoted only with p below 5 %.

    Zones weigh alike: each one's errors are shares of its mean absolute outcome.
    """
    days, ours, theirs = [], [], []
    for zone, rows, mine, other in zip(group, all_rows, new, old, strict=True):
        index, at_new, at_old = np.intersect1d(mine.index, other.index, return_indices=True)
        y = zone.series.y[rows.at[index]]
        operator = None if zone.series.operator is None else zone.series.operator[rows.at[index]]
        day = rows.day[index]
        keep = scored(y, operator) & (day >= zone.past[0]) & (day <= zone.past[1])
        level = np.abs(y[keep]).mean() if keep.any() else 0.0
        if level <= 0:
            continue
        days.append(day[keep])
        ours.append((y - mine.quantiles[at_new, MEDIAN])[keep] / level)
        theirs.append((y - other.quantiles[at_old, MEDIAN])[keep] / level)
    if not days:
        return Verdict(False, against, float("nan"), float("nan"), float("nan"), float("nan"), 0)
    day, a, b = np.concatenate(days), np.concatenate(ours), np.concatenate(theirs)
    statistic, p_value = diebold_mariano(day, a, b)
    promoted = bool(np.isfinite(p_value) and statistic > 0 and p_value < PROMOTION_P)
    return Verdict(promoted, against, float(100 * np.abs(a).mean()), float(100 * np.abs(b).mean()), statistic, p_value, len(day))  # fmt: skip
