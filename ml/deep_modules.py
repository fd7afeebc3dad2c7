"""The torch modules of the deep experts. Imported only where torch is there (`ml.deep`).

Belongs here: networks from sequences to quantiles. Every module takes `past` (batch x hours x channels) and `future` (batch x hours x
channels) and gives batch x hours x quantiles that never cross: the median, and steps away from it that are positive by construction.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

CELLS = ("bilstm", "gru", "encdec", "transformer", "tft")


def make_module(cell: str, past: int, future: int, hidden: int, quantiles: int, dropout: float) -> Any:
    """The module of a cell name for so many past and future channels."""
    if cell == "transformer":
        return Attention(past, future, hidden, quantiles, dropout)
    if cell == "tft":
        return FusionTransformer(past, future, hidden, quantiles, dropout)
    return Recurrent(cell, past, future, hidden, quantiles, dropout)


class Quantiles(nn.Module):
    """hidden -> ordered quantiles: the middle one, and cumulative positive steps to both sides."""

    def __init__(self, hidden: int, quantiles: int) -> None:
        super().__init__()
        self.middle = quantiles // 2
        self.linear = nn.Linear(hidden, quantiles)

    def forward(self, x: Any) -> Any:
        raw = self.linear(x)
        m = self.middle
        median = raw[..., m : m + 1]
        below = torch.cumsum(nn.functional.softplus(raw[..., :m].flip(-1)), dim=-1).flip(-1)
        above = torch.cumsum(nn.functional.softplus(raw[..., m + 1 :]), dim=-1)
        return torch.cat((median - below, median, median + above), dim=-1)


class Recurrent(nn.Module):
    """An encoder over the past whose last state starts a decoder over the known future. `cell`: bilstm, gru or encdec (LSTM)."""

    def __init__(self, cell: str, past: int, future: int, hidden: int, quantiles: int, dropout: float) -> None:
        super().__init__()
        both = cell == "bilstm"
        kind = nn.GRU if cell == "gru" else nn.LSTM
        self.encoder = kind(past, hidden, batch_first=True, bidirectional=both)
        self.decoder = kind(future, hidden, batch_first=True, bidirectional=both)
        width = hidden * (2 if both else 1)
        self.head = nn.Sequential(
            nn.Dropout(dropout), nn.Linear(width, hidden), nn.ReLU(), Quantiles(hidden, quantiles)
        )

    def forward(self, past: Any, future: Any) -> Any:
        _, state = self.encoder(past)
        decoded, _ = self.decoder(future, state)
        return self.head(decoded)


class Attention(nn.Module):
    """A transformer over past and future hours together; the future hours' outputs are read."""

    def __init__(self, past: int, future: int, hidden: int, quantiles: int, dropout: float) -> None:
        super().__init__()
        self.past, self.future = nn.Linear(past, hidden), nn.Linear(future, hidden)
        layer = nn.TransformerEncoderLayer(hidden, 4, 2 * hidden, dropout, batch_first=True, norm_first=True)
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.place = nn.Parameter(torch.zeros(1, 512, hidden))
        self.head = Quantiles(hidden, quantiles)

    def forward(self, past: Any, future: Any) -> Any:
        tokens = torch.cat((self.past(past), self.future(future)), dim=1)
        tokens = tokens + self.place[:, -tokens.shape[1] :]
        return self.head(self.layers(tokens)[:, -future.shape[1] :])


class Gated(nn.Module):
    """Gated residual network (Lim et al. 2021, eq. 2-5)."""

    def __init__(self, inputs: int, hidden: int, outputs: int, dropout: float) -> None:
        super().__init__()
        self.skip = nn.Identity() if inputs == outputs else nn.Linear(inputs, outputs)
        self.inner = nn.Sequential(nn.Linear(inputs, hidden), nn.ELU(), nn.Linear(hidden, hidden), nn.Dropout(dropout))
        self.gate = nn.Sequential(nn.Linear(hidden, 2 * outputs), nn.GLU(dim=-1))
        self.norm = nn.LayerNorm(outputs)

    def forward(self, x: Any) -> Any:
        return self.norm(self.skip(x) + self.gate(self.inner(x)))


class Selection(nn.Module):
    """Variable selection: every channel embedded by itself, weighed by a softmax that sees all of them (eq. 6-8)."""

    def __init__(self, channels: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.weigh = Gated(channels, hidden, channels, dropout)
        self.embed = nn.Parameter(torch.randn(channels, hidden) / channels**0.5)
        self.shift = nn.Parameter(torch.zeros(channels, hidden))

    def forward(self, x: Any) -> Any:
        weights = torch.softmax(self.weigh(x), dim=-1)
        each = nn.functional.elu(x.unsqueeze(-1) * self.embed + self.shift)
        return (weights.unsqueeze(-1) * each).sum(dim=-2)


class FusionTransformer(nn.Module):
    """A temporal fusion transformer (Lim et al. 2021) without static covariates: selection, LSTM encoder-decoder, attention, gates."""

    def __init__(self, past: int, future: int, hidden: int, quantiles: int, dropout: float) -> None:
        super().__init__()
        self.past, self.future = Selection(past, hidden, dropout), Selection(future, hidden, dropout)
        self.encoder = nn.LSTM(hidden, hidden, batch_first=True)
        self.decoder = nn.LSTM(hidden, hidden, batch_first=True)
        self.local = nn.Sequential(nn.Linear(hidden, 2 * hidden), nn.GLU(dim=-1))
        self.enrich = Gated(hidden, hidden, hidden, dropout)
        self.attention = nn.MultiheadAttention(hidden, 4, dropout=dropout, batch_first=True)
        self.after = nn.Sequential(nn.Linear(hidden, 2 * hidden), nn.GLU(dim=-1))
        self.norms = nn.ModuleList([nn.LayerNorm(hidden) for _ in range(3)])
        self.feed = Gated(hidden, hidden, hidden, dropout)
        self.last = nn.Sequential(nn.Linear(hidden, 2 * hidden), nn.GLU(dim=-1))
        self.head = Quantiles(hidden, quantiles)

    def forward(self, past: Any, future: Any) -> Any:
        chosen_past, chosen_future = self.past(past), self.future(future)
        encoded, state = self.encoder(chosen_past)
        decoded, _ = self.decoder(chosen_future, state)
        chosen, passed = torch.cat((chosen_past, chosen_future), dim=1), torch.cat((encoded, decoded), dim=1)
        passed = self.norms[0](chosen + self.local(passed))
        enriched = self.enrich(passed)
        hours = future.shape[1]
        # A future hour may look at the past and at the future hours up to itself.
        total = enriched.shape[1]
        hidden_from = torch.ones(hours, total, dtype=torch.bool, device=past.device).triu(total - hours + 1)
        attended, _ = self.attention(
            enriched[:, -hours:], enriched, enriched, attn_mask=hidden_from, need_weights=False
        )
        mixed = self.norms[1](enriched[:, -hours:] + self.after(attended))
        return self.head(self.norms[2](passed[:, -hours:] + self.last(self.feed(mixed))))
