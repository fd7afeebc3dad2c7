"""Deep experts: recurrent networks with a switchable cell, a transformer, a temporal fusion transformer. They need the extra `deep`.

Belongs here: sequences, training and forecasting; the modules themselves stand in `ml.deep_modules`. torch is imported when an
expert runs, never before. The device is chosen here (a GPU where torch sees one, else the CPU); on a GPU matrix products run in mixed
precision, the code is the same. Several series are trained in one module, each scaled by its own history.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gridlake.errors import UsageError
from ml.daily import HOURS, View, hourly
from ml.frame import Array
from ml.models import MEDIAN, QUANTILES
from ml.transform import Stabiliser

LEAST_ROWS = 28
PAST_DAYS = 7
FARTHEST_INPUT = 6.0


@dataclass(frozen=True)
class Deep:
    """The settings of a deep expert. `cell`: bilstm, gru, encdec, transformer or tft; `window` in days."""

    name: str = "bilstm"
    cell: str = "bilstm"
    window: int = 1092
    hidden: int = 48
    epochs: int = 20
    batch: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 1e-3
    dropout: float = 0.1
    seed: int = 20180701

    @property
    def variants(self) -> tuple[str, ...]:
        return (self.name,)

    def forecast(self, view: View, days: Array) -> Array:
        """days x 1 x slots: the medians; trained once, on what the first day's issue knew."""
        return self.quantiles([view], days)[0][:, None, :, MEDIAN]

    def quantiles(self, views: Sequence[View], days: Array) -> list[Array]:
        """Per series days x slots x 7; one module trained on all of them. NaN for a series with under 28 days to learn from."""
        known = [v.known_rows(int(days[0]), self.window) for v in views]
        able = [n for n, rows in enumerate(known) if len(rows) >= LEAST_ROWS]
        result = [np.full((len(days), v.slots, len(QUANTILES)), np.nan) for v in views]
        if not able:
            return result
        scaled = [_Scaled(views[n], known[n]) for n in able]
        module = self.fit(scaled)
        for n, one in zip(able, scaled, strict=True):
            made = _predict(module, *one.inputs(days - views[n].first_day))
            back = one.outputs.back(made.reshape(-1, 1)).reshape(made.shape)
            result[n] = np.repeat(back, views[n].slots // HOURS, axis=1)
        return result

    def fit(self, scaled: Sequence[_Scaled]) -> Any:
        """The trained module. Deterministic on one machine: fixed seeds and orders."""
        torch = require_torch()
        from ml.deep_modules import make_module

        torch.manual_seed(self.seed)
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        pairs = [s.inputs(s.rows) for s in scaled]
        past, future = (torch.from_numpy(np.concatenate([p[k] for p in pairs])).to(device) for k in (0, 1))
        y = torch.from_numpy(np.concatenate([s.targets() for s in scaled])).to(device)
        module = make_module(self.cell, past.shape[2], future.shape[2], self.hidden, len(QUANTILES), self.dropout).to(
            device
        )
        optimiser = torch.optim.AdamW(module.parameters(), lr=self.learning_rate, weight_decay=self.weight_decay)
        batches = -(-len(y) // self.batch)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, max_lr=self.learning_rate, total_steps=self.epochs * batches, pct_start=0.2
        )
        levels = torch.tensor(QUANTILES, device=device)
        order = torch.Generator().manual_seed(self.seed)
        module.train()
        for _ in range(self.epochs):
            for rows in torch.randperm(len(y), generator=order).to(device).split(self.batch):
                optimiser.zero_grad()
                with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
                    made = module(past[rows], future[rows])
                miss = y[rows].unsqueeze(-1) - made.float()
                torch.maximum(levels * miss, (levels - 1) * miss).mean().backward()
                torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
                optimiser.step()
                schedule.step()
        return module.eval()


def require_torch() -> Any:
    """The torch module. Raises `UsageError` where the extra is not installed."""
    try:
        import torch
    except ImportError as error:
        raise UsageError("Deep models need torch, which is not installed.", "pip install torch==2.13.0") from error
    return torch


class _Scaled:
    """One series' sequences, scaled by the outcomes of its training rows alone."""

    def __init__(self, view: View, rows: Array) -> None:
        self.view, self.rows = view, rows
        values = hourly(view.y[rows]).reshape(-1, 1)
        self.outputs = Stabiliser.of(values[np.isfinite(values).all(axis=1)])
        self.level = [_level(column[rows]) for column in view.future]

    def targets(self) -> Array:
        """rows x hours, float32."""
        return self._forth(hourly(self.view.y[self.rows]))

    def inputs(self, rows: Array) -> tuple[Array, Array]:
        """Past and future channels (days x hours x channels, float32) of the target days at positions `rows`."""
        view, issue = self.view, rows - self.view.ahead
        days = [hourly(view.y[issue - k]) for k in range(PAST_DAYS - 1, 0, -1)] + [view.latest[issue]]
        past = [self._forth(np.concatenate(days, axis=1))]
        for column, level in zip(view.future, self.level, strict=True):
            steps = np.concatenate([column[issue - k] for k in range(PAST_DAYS - 1, -1, -1)], axis=1)
            past.append(_standard(steps, level))
        angle = 2 * np.pi * np.arange(HOURS) / HOURS
        clock = [np.tile(f(angle), (len(rows), 1)) for f in (np.sin, np.cos)]
        past += [np.tile(c, (1, PAST_DAYS)) for c in clock]
        future = [_standard(c[rows], level) for c, level in zip(view.future, self.level, strict=True)] + clock
        future.append(self._forth(hourly(view.y[rows - 7])))
        future += [np.repeat(view.calendar[rows, c][:, None], HOURS, axis=1) for c in range(view.calendar.shape[1])]
        return tuple(np.stack(p, axis=-1).astype(np.float32) for p in (past, future))  # type: ignore[return-value]

    def _forth(self, values: Array) -> Array:
        scaled = self.outputs.forth(np.where(np.isfinite(values), values, self.outputs.median))
        return np.clip(scaled, -FARTHEST_INPUT, FARTHEST_INPUT).astype(np.float32)


def _level(values: Array) -> tuple[float, float]:
    known = values[np.isfinite(values)]
    return (float(known.mean()), max(float(known.std()), 1e-9)) if len(known) else (0.0, 1.0)


def _standard(values: Array, level: tuple[float, float]) -> Array:
    filled = np.where(np.isfinite(values), values, level[0])
    return np.clip((filled - level[0]) / level[1], -FARTHEST_INPUT, FARTHEST_INPUT)


def _predict(module: Any, past: Array, future: Array) -> Array:
    """days x hours x quantiles, day by day: a product rounds differently with the number of its rows."""
    torch = require_torch()
    device = next(module.parameters()).device
    with torch.no_grad():
        made = [
            module(torch.from_numpy(past[n : n + 1]).to(device), torch.from_numpy(future[n : n + 1]).to(device))
            for n in range(len(past))
        ]
    return np.asarray(torch.cat(made).float().cpu().numpy(), dtype=np.float64)
