"""A question's words, each given one meaning on the supposition that the question is about a certain subject.

Belongs here: what each word is taken for, and which words are left without a meaning. Does not belong here: the query (`build`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from semantic.ask.shape import Shape
from semantic.ask.vocabulary import GRAINS, Phrase, Subject, Value, Vocabulary
from semantic.ask.words import Token

ALWAYS_GROUPS = ("local_hour", "lead_day", "lead_bucket", "timezone")


@dataclass(frozen=True)
class Mention:
    """A dimension or a granularity that was named, where, and whether the words before it ask for groups."""

    name: str
    at: int
    end: int
    is_grouping: bool
    is_plural: bool
    is_ranked: bool = False  # "which region", "hottest day", "zone with the highest": one of many is asked for


@dataclass
class Parts:
    """The meanings. `leftover`: words without one: a question with any is not understood."""

    own: int = 0
    context: int = 0
    leftover: list[str] = field(default_factory=list)
    values: list[tuple[list[Value], int, int]] = field(default_factory=list)
    dimensions: list[Mention] = field(default_factory=list)
    grains: list[Mention] = field(default_factory=list)
    granularities: list[str] = field(default_factory=list)
    aggregates: list[str] = field(default_factory=list)
    ways: list[str] = field(default_factory=list)
    modifiers: list[str] = field(default_factory=list)
    also: list[str] = field(default_factory=list)
    words: list[Phrase] = field(default_factory=list)
    musts: int = 0
    number: int | None = None
    is_series: bool = False
    asks_when: bool = False


def parts(words: Sequence[Token], found: Shape, subject: Subject, known: Vocabulary) -> Parts:
    """Left to right, the longest phrase at each place; of equal ones the most particular to the subject."""
    taken, at = Parts(), 0
    allowed = known.members_of(known.model.view(subject.view))
    while at < len(words):
        if at in found.used:
            at += 1
            continue
        at += _take(words, at, found, subject, known, allowed, taken)
    for p in subject.must:
        taken.musts += any(tuple(w.stem for w in words[i : i + len(p)]) == p for i in range(len(words)))
    return taken


def _take(
    words: Sequence[Token], at: int, found: Shape, subject: Subject, known: Vocabulary, allowed: frozenset[str], taken: Parts
) -> int:  # fmt: skip
    room = 1
    while at + room < len(words) and at + room not in found.used and room < known.longest:
        room += 1
    for size in range(room, 0, -1):
        p = tuple(w.stem for w in words[at : at + size])
        if _meaning(p, words, at, found, subject, known, allowed, taken):
            return size
    number = words[at].number
    if number is not None and taken.number is None and 1 <= number <= 1000 and number == int(number):
        taken.number = int(number)
    else:
        taken.leftover.append(words[at].text)
    return 1


def _meaning(
    p: Phrase, words: Sequence[Token], at: int, found: Shape, subject: Subject, known: Vocabulary, allowed: frozenset[str],
    taken: Parts,
) -> bool:  # fmt: skip
    end = at + len(p)
    if p in subject.word_set and taken.words.count(p) < 2:
        taken.own += 0 if p in taken.words else len(p)
        taken.words.append(p)
        if p in subject.adjectives:
            taken.ways.append(subject.adjectives[p])
    elif p in subject.modifiers:
        taken.own += len(p)
        taken.modifiers.append(subject.modifiers[p])
    elif p in subject.also:
        taken.also.append(subject.also[p])
    elif p in subject.must:
        taken.own += len(p)
        if p in known.aggregates:
            taken.aggregates.append(known.aggregates[p])
    elif values := [v for v in known.values.get(p, ()) if v.dimension in allowed]:
        taken.values.append((values, at, end))
    elif names := [d for d in known.dimensions.get(p, ()) if d in allowed]:
        taken.dimensions.append(_mention(names[0], words, at, end, found, known))
    elif p in known.aggregates:
        taken.aggregates.append("much" if p == ("how", "much") else known.aggregates[p])
    elif p in known.superlatives:
        taken.ways.append(known.superlatives[p])
    elif p in known.granularities:
        taken.granularities.append(known.granularities[p])
    elif len(p) == 1 and p[0] in GRAINS:
        taken.grains.append(_mention(p[0], words, at, end, found, known))
    elif p in subject.context:
        taken.context += len(p)
    elif p in known.fillers or p in known.triggers:
        taken.is_series |= p in known.triggers
        taken.asks_when |= p == ("when",)
    else:
        return False
    return True


def _mention(name: str, words: Sequence[Token], at: int, end: int, found: Shape, known: Vocabulary) -> Mention:
    """Whether "by", "per", "which" or a superlative stands before it: `by region`, `which 3 zones`, `hottest day`."""
    before = at - 1
    while before >= 0 and (
        words[before].number is not None or words[before].stem in ("the", "of", "their", "different")
    ):
        before -= 1
    text = words[before].stem if before >= 0 else ""
    adjective = any((text,) in s.adjectives for s in known.subjects) or (text,) in known.superlatives
    is_top = before in found.used and found.top is not None
    grouping = text in known.groupers or adjective or is_top or name in ALWAYS_GROUPS
    followed = end < len(words) and words[end].stem == "with"
    ranked = text in ("which", "what") or adjective or is_top or followed
    last = words[end - 1]
    return Mention(
        name, at, end, grouping or (followed and bool(_superlatives(words, known))), last.text != last.stem, ranked
    )


def _superlatives(words: Sequence[Token], known: Vocabulary) -> list[str]:
    return [w.stem for w in words if (w.stem,) in known.superlatives]


def groups_of(taken: Parts, subject: Subject, words: Sequence[Token]) -> tuple[list[str], list[str]]:
    """Dimensions to group by, and words about dimensions that mean nothing here."""
    groups: list[str] = []
    unclear: list[str] = []
    last_end = -9
    for mention in taken.dimensions:
        follows = mention.at == last_end + 1 and words[last_end].stem == "and"
        plural = mention.is_plural and bool(taken.ways)
        said = tuple(w.stem for w in words[mention.at : mention.end])
        if mention.is_grouping or follows or plural:
            groups.append(mention.name)
            last_end = mention.end
        elif said in subject.context or any(mention.at == end or mention.end == at for _, at, end in taken.values):
            continue
        elif mention.is_plural:
            groups.append(mention.name)
            last_end = mention.end
        else:
            unclear.append(" ".join(w.text for w in words[mention.at : mention.end]))
    return list(dict.fromkeys(groups)), unclear
