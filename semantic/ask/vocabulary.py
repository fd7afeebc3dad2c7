"""What words mean: members of the model, their synonyms, and the names of regions, zones, fuels and the like.

Belongs here: phrases and the meanings a phrase can have in a view. Does not belong here: which meaning a question has (`reading`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from gridlake.yaml_files import read_yaml
from semantic.ask.words import phrase, stem
from semantic.members import Model, View

Phrase = tuple[str, ...]
SYNONYMS = Path(__file__).with_name("synonyms.yml")
GRAINS = ("hour", "day", "week", "month", "quarter", "year")
_WORDS_OF_CODES = {"hb": "hub", "lz": "zone"}


@lru_cache(maxsize=1)
def synonyms() -> dict[str, Any]:
    body = read_yaml(SYNONYMS)
    assert isinstance(body, dict)
    return body


@dataclass(frozen=True)
class Subject:
    """What a question can be about: a view, and its measure for each kind of number."""

    view: str
    words: tuple[Phrase, ...]
    value: tuple[str, ...]
    aggregates: Mapping[str, str]
    must: tuple[Phrase, ...] = ()
    requires: tuple[str, ...] = ()
    context: frozenset[Phrase] = frozenset()
    modifiers: Mapping[Phrase, str] = field(default_factory=dict)
    also: Mapping[Phrase, str] = field(default_factory=dict)
    adjectives: Mapping[Phrase, str] = field(default_factory=dict)
    wordy: Mapping[Phrase, str] = field(default_factory=dict)
    by: tuple[str, ...] = ()
    having: tuple[Any, ...] = ()
    grain: str = ""
    is_implied: bool = False
    names_target: bool = False
    is_titled: bool = False

    @cached_property
    def word_set(self) -> frozenset[Phrase]:
        return frozenset(self.words)


@dataclass(frozen=True)
class Value:
    """A member value that words name. `region`: the region a zone belongs to; `is_border`: a proxy of another region."""

    dimension: str
    value: str
    region: str = ""
    is_border: bool = False


@dataclass(frozen=True)
class Named:
    """Values of the data with the names people may use: what `Vocabulary` is made from, beside the model."""

    values: tuple[tuple[Value, tuple[str, ...]], ...]
    zones: Mapping[str, str]  # region -> IANA zone


def _phrases(texts: Iterable[str]) -> tuple[Phrase, ...]:
    return tuple(phrase(str(t)) for t in texts)


def _mapped(body: Mapping[str, str]) -> dict[Phrase, str]:
    return {phrase(str(k)): v for k, v in body.items()}


def _subject(body: Mapping[str, Any]) -> Subject:
    value = body.get("value", ())
    return Subject(
        view=body["view"],
        words=tuple(sorted(_phrases(body["words"]), key=len, reverse=True)),
        value=(value,) if isinstance(value, str) else tuple(value),
        aggregates={k: body[k] for k in ("average", "total", "peak", "minimum", "count", "negative") if k in body},
        must=_phrases(body.get("must", ())),
        requires=tuple(body.get("requires", ())),
        context=frozenset(_phrases(body.get("context", ()))),
        modifiers=_mapped(body.get("modifiers", {})),
        also=_mapped(body.get("also", {})),
        adjectives=_mapped(body.get("adjectives", {})),
        wordy=_mapped(body.get("wordy", {})),
        by=tuple(body.get("by", ())),
        having=tuple(body.get("having", ())),
        grain=body.get("grain", ""),
        is_implied=body.get("implied", False),
        names_target=body.get("targets", False),
    )


def _titled(model: Model, listed: Iterable[Subject]) -> Iterator[Subject]:
    """Measures that no synonym speaks of, by their titles of two words and more."""
    spoken = {(s.view, m) for s in listed for m in (*s.value, *s.aggregates.values(), *s.modifiers.values(), *s.also.values())}  # fmt: skip
    for view in model.views.values():
        for measure in view.of_kind("measure"):
            words = phrase(measure.member.title)
            if (view.name, measure.name) not in spoken and measure.member.type != "time" and len(words) > 1:
                name = frozenset(phrase(view.title)) | frozenset(phrase(view.name))
                context = frozenset({(w,) for w in name} | {phrase(view.title)})
                yield Subject(view.name, (words,), (measure.name,), {}, context=context, is_titled=True)


class Vocabulary:
    """All phrases of one snapshot."""

    def __init__(self, model: Model, named: Named) -> None:
        self.model = model
        self.timezones = named.zones
        body = synonyms()
        listed = [_subject(s) for s in body["subjects"]]
        self.subjects = [*listed, *_titled(model, listed)]
        self.aggregates = {p: kind for kind, words in body["aggregates"].items() for p in _phrases(words)}
        self.superlatives = {p: way for way, words in body["superlatives"].items() for p in _phrases(words)}
        self.fillers = frozenset((stem(w),) for w in body["fillers"].split())
        self.triggers = frozenset(_phrases(body["triggers"]))
        self.groupers = frozenset(w for p in _phrases(body["groupers"]) for w in p[:1])
        self.granularities = {p: grain for grain, words in body["granularities"].items() for p in _phrases(words)}
        self.views: Mapping[str, Mapping[str, Any]] = body["views"]
        self.dimensions: dict[Phrase, list[str]] = {}
        for name, words in body["dimensions"].items():
            for p in {*_phrases(words), phrase(name.removesuffix("_id"))}:
                self.dimensions.setdefault(p, []).append(name)
        self.values: dict[Phrase, list[Value]] = {}
        plain = {*self.fillers, *self.aggregates, *self.superlatives, *self.granularities, *((g,) for g in GRAINS)}
        for value, names in named.values:
            extra = body["values"].get(value.dimension, {}).get(value.value, ())
            for p in {*_phrases(names), *_phrases(extra)}:
                if p and p not in plain:  # a neighbour with the code TOTAL is not spoken of
                    self.values.setdefault(p, []).append(value)
        self.longest = max(
            len(p) for p in (*self.values, *self.dimensions, *(w for s in self.subjects for w in s.words))
        )

    def members_of(self, view: View) -> frozenset[str]:
        """Dimensions that a question about this view may name."""
        hidden = self.views.get(view.name, {}).get("hide", ())
        return frozenset(m.name for m in view.of_kind("dimension") if m.name not in hidden)

    def words(self) -> set[str]:
        """Every single word that is known, to find the nearest of one that is not."""
        known = {w for p in (*self.values, *self.dimensions, *self.aggregates, *self.superlatives, *self.granularities) for w in p}  # fmt: skip
        for s in self.subjects:
            known.update(w for p in (*s.words, *s.must, *s.context, *s.modifiers) for w in p)
        return {w for w in known if len(w) > 2} | {w for (w,) in self.fillers}


def names_of(code: str, title: str = "") -> tuple[str, ...]:
    """What people may call a value: its code, the code's last part in words, its title with and without what stands in brackets.

    >>> names_of("ERCOT.HB_WEST")
    ('ERCOT.HB_WEST', 'HB_WEST', 'hub west', 'west hub')
    """
    short = code.rpartition(".")[2]
    parts = [_WORDS_OF_CODES.get(p.lower(), p.lower()) for p in short.split("_")]
    names = [code, short]
    if len(parts) > 1:
        names += [" ".join(parts)] + (
            [" ".join([*parts[1:], parts[0]])] if parts[0] in _WORDS_OF_CODES.values() else []
        )
    if title and title != short:
        names += [title, title.partition("(")[0].strip()]
    return tuple(dict.fromkeys(n for n in names if n))
