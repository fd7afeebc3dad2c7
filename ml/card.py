"""The model card: what a model is, what it was trained on, how well it does and where it must not be trusted. Generated, never edited.

Belongs here: one text from a trained model. `ml.registry` puts it beside the model's files.
"""

from __future__ import annotations

from typing import Any

from ml.champion import TrainedModel
from ml.features import DESCRIPTIONS

MOST_IMPORTANT = 15
SCORES = {
    "zone_id": "zone", "rows": "rows", "mae": "MAE", "mape_pct": "MAPE, %", "operator_mae": "operator MAE", "naive_mae": "naive MAE",
    "coverage_80_pct": "in 80 %", "coverage_95_pct": "in 95 %",
}  # fmt: skip


def card(trained: TrainedModel) -> str:
    """The card as Markdown."""
    lines = [
        f"# {trained.model_id} {trained.version}",
        "",
        f"Day-ahead {trained.target} forecasts as seven quantiles (2.5 to 97.5 %), by `{trained.model.name}`; intervals are calibrated anew at "
        "every issue (adaptive conformal).",
        "",
        "## Trained on",
        f"- {trained.training_rows:,} hours of {len(trained.zones)} zones: {', '.join(trained.zones)}.",
        f"- Nothing after {trained.trained_until} UTC.",
        f"- The operator's own forecast is {'an input where there is one' if trained.operator_input else 'no input'}.",
        f"- Settings: {', '.join(f'{k} {v}' for k, v in trained.model.parameters().items())}.",
        "",
        "## How well",
        "Over the days after its training that were forecast as they would have been issued, on the same hours for every forecast:",
        "",
        *_scores(trained),
        "",
        "## Why it stands",
        f"- {trained.verdict.text[0].upper() + trained.verdict.text[1:]}." if trained.verdict else "- There was no champion to beat.",
        "",
        "## What it looks at",
        *_features(trained),
        "",
        "## Where not to trust it",
        "- Zones, units and markets it was not trained on; levels far beyond its history.",
        "- Operators' forecasts without an issue time of their own are assumed to have been known at ours.",
        "- Coverage is measured over all hours; single months and single hours of day vary more.",
        "",
    ]  # fmt: skip
    return "\n".join(lines)


def _scores(trained: TrainedModel) -> list[str]:
    if not trained.skill:
        return ["No hour could be scored."]
    lines = ["| " + " | ".join(SCORES.values()) + " |", "|" + "---|" * len(SCORES)]
    for skill in trained.skill.values():
        lines.append("| " + " | ".join(_shown(skill.get(name)) for name in SCORES) + " |")
    return lines


def _shown(value: Any) -> str:
    return "–" if value is None else f"{value:,.2f}" if isinstance(value, float) else f"{value}"


def _features(trained: TrainedModel) -> list[str]:
    importance = getattr(trained.model, "importance", None)
    if importance is None:
        return [f"- {len(trained.names)} columns, described in docs/forecasting.md."]
    shares = list(importance().items())[:MOST_IMPORTANT]
    return [f"- `{name}` {100 * share:.1f} %{_meaning(name)}" for name, share in shares]


def _meaning(name: str) -> str:
    return f": {DESCRIPTIONS[name]}" if name in DESCRIPTIONS else ""
