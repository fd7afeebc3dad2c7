"""A feed beside the payloads that stand for it, for every test of the contract."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from extract.catalogue import feed as feed_named
from extract.feed import Feed, Parsed, Payload
from extract.landing import land
from gridlake.settings import Settings
from tests.contract import moving, samples, samples_live, surgery
from tests.contract.samples import ALL_SAMPLES, Sample, offering


class Case:
    """A feed with the payloads that stand for it."""

    def __init__(self, sample: Sample, payloads: tuple[Payload, ...]) -> None:
        self.sample, self.payloads = sample, payloads
        self.feed: Feed = feed_named(sample.feed)
        self.origin = payloads[0].origin
        self.format = surgery.format_of(self.feed, sample)
        self._parsed: dict[str, Parsed] = {}
        self._small: dict[int, Payload] = {}
        self._sound_home: Path | None = None

    def smallest(self) -> Payload:
        """The smallest payload that has the sample's columns under their present names."""
        return min(self.payloads, key=lambda p: (p.name != self.sample.names[0], len(p.data)))

    def parsed(self, payload: Payload) -> Parsed:
        if payload.sha256 not in self._parsed:
            self._parsed[payload.sha256] = self.feed.parse(payload)
        return self._parsed[payload.sha256]

    def editable(self) -> surgery.Format:
        if self.format is None:
            pytest.skip("files of this format are changed by their bytes only (see the damages)")
        return self.format

    def small(self, rows: int = 50) -> Payload:
        """A short payload of the feed, whole where its format cannot be cut."""
        if rows not in self._small:
            self._small[rows] = self.format.head(self.smallest(), rows) if self.format else self.smallest()
        return self._small[rows]

    def short(self) -> Payload:
        """Rows enough to change some of them."""
        return self.small(surgery.KEPT_ROWS)

    def moved(self, payload: Payload, days: int) -> Payload:
        """The payload with all its dates later."""
        if isinstance(self.format, surgery.WorkbookFormat):
            return moving.moved_workbook(self.format, payload, days)
        return moving.moved(payload, days)

    def with_sound_rows(self, settings: Settings) -> None:
        """Lay a home in which a short payload is landed, at `settings.home`; it is landed once and copied."""
        if self._sound_home is None:
            self._sound_home = Path(tempfile.mkdtemp(prefix="gridlake-contract-")) / "home"
            land(offering(self.feed, [self.small()]), replace(settings, home=self._sound_home))
        shutil.copytree(self._sound_home, settings.home, dirs_exist_ok=True)

    def close(self) -> None:
        if self._sound_home is not None:
            shutil.rmtree(self._sound_home.parent)


@pytest.fixture(scope="module", params=ALL_SAMPLES, ids=lambda s: s.feed)
def case(request: pytest.FixtureRequest) -> Iterator[Case]:
    sample: Sample = request.param
    if sample.feed.startswith("synthetic_"):
        payloads = samples.synthetic_sample(sample)
    elif sample.feed in samples.MADE_FEEDS:
        payloads = samples.made_sample(sample)
    elif sample in samples_live.SAMPLES:
        payloads = samples_live.built(sample)
    else:
        payloads = samples.archive_sample(sample, request.getfixturevalue("archive"))
    assert {p.name for p in payloads} == set(sample.names), "the sample's files are not all there"
    made = Case(sample, payloads)
    yield made
    made.close()
