"""From a question to the one query it means, or to why there is none and what is near.

Belongs here: choosing among subjects. A query is given only where every word of the question has a meaning in it: a word
left over may be the one that matters.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from gridlake.errors import GridlakeError
from semantic.ask.build import Unclear, build
from semantic.ask.parts import Parts, parts
from semantic.ask.shape import shape
from semantic.ask.times import Clock
from semantic.ask.vocabulary import Subject, Vocabulary
from semantic.ask.words import MAX_CHARACTERS, Token, tokens
from semantic.engine import check_query
from semantic.query import parse_query

EXAMPLES = (
    "average load in NYISO last week",
    "day-ahead prices by zone yesterday",
    "generation by fuel over the last 7 days",
)
NEAREST = 3
MOST_TRIES = 9  # readings tried before saying that nothing is near


@dataclass(frozen=True)
class Reading:
    """What a question was understood as."""

    query: dict[str, Any]
    view: str
    notes: tuple[str, ...] = ()
    reader: str = "grammar"


class NotUnderstood(GridlakeError):
    """No query follows from the question. `nearest` are questions that can be answered; `is_refused`: nothing in it is known."""

    def __init__(self, message: str, remedy: str, nearest: Sequence[str] = (), is_refused: bool = False) -> None:
        super().__init__(message, remedy)
        self.nearest = list(nearest)
        self.is_refused = is_refused


@dataclass(frozen=True)
class _Candidate:
    subject: Subject
    taken: Parts

    @property
    def rank(self) -> tuple[bool, int, int]:
        """What a synonym names goes before a measure's title alone; then what more of the question names."""
        return not self.subject.is_titled, self.taken.own, -self.taken.context


def read(question: str, known: Vocabulary, as_of: Mapping[str, datetime]) -> Reading:
    """The reading of a question. Raises `NotUnderstood` where none is certain."""
    found = _attempt(question, known, as_of)
    if isinstance(found, Reading):
        return found
    message, is_refused, word, choices = found
    nearest = _nearest(question, known, as_of, word, choices)
    remedy = f"Did you mean: {'; '.join(nearest)}?" if nearest else f"Ask for example: {'; '.join(EXAMPLES)}."
    raise NotUnderstood(message, remedy, nearest, is_refused and not nearest)


_Failure = tuple[str, bool, str, Sequence[str]]


def _attempt(question: str, known: Vocabulary, as_of: Mapping[str, datetime]) -> Reading | _Failure:
    if not question.strip():
        return "The question is empty.", True, "", ()
    if len(question) > MAX_CHARACTERS:
        return f"The question has more than {MAX_CHARACTERS} characters.", True, "", ()
    words = tokens(question)
    clock = clock_of(words, known, as_of)
    tried: list[_Candidate] = []
    for subject in known.subjects:
        taken = parts(words, shape(words, clock), subject, known)
        implied = subject.is_implied and any(v.dimension in subject.requires for vs, _, _ in taken.values for v in vs)
        if (taken.own or implied) and (not subject.must or taken.musts):
            tried.append(_Candidate(subject, taken))
    complete = [c for c in tried if not c.taken.leftover]
    if not complete:
        used = shape(words, clock).used
        return _unexplained([w for i, w in enumerate(words) if i not in used], tried, known)
    complete.sort(key=lambda c: c.rank, reverse=True)
    readings: list[tuple[_Candidate, Reading]] = []
    problem: Unclear | None = None
    for candidate in complete:
        if readings and candidate.rank < readings[0][0].rank:
            break
        try:
            query, notes = build(words, shape(words, clock), candidate.taken, candidate.subject, known)
            check_query(known.model, parse_query(query))
        except Unclear as unclear:
            problem = problem or unclear
            continue
        readings.append((candidate, Reading(query, candidate.subject.view, tuple(notes))))
    different = {str(r.query): r for _, r in readings}
    if len(different) > 1:
        titles = [known.model.view(r.view).title for r in different.values()]
        return f"The question could be about {' or '.join(dict.fromkeys(titles))}.", False, "", ()
    if readings:
        return readings[0][1]
    assert problem is not None
    return str(problem), False, problem.word, problem.choices


def _unexplained(words: Sequence[Token], tried: Sequence[_Candidate], known: Vocabulary) -> _Failure:
    """Which words stand in the way of the best of the readings, or that none of them is known."""
    if not tried:
        known_words = known.words()
        strange = [w.text for w in words if w.stem not in known_words and w.number is None]
        shown = f" I do not know {_quoted(strange)}." if strange else ""
        return (
            f"I answer questions about the grid's published figures, and this names none of them.{shown}",
            True,
            next(iter(strange), ""),
            (),
        )
    best = min(tried, key=lambda c: (len(c.taken.leftover), -c.taken.own))
    view = known.model.view(best.subject.view).title
    text = f"I do not understand {_quoted(best.taken.leftover)} in a question about {view.lower()}."
    return text, False, best.taken.leftover[0], ()


def _quoted(words: Sequence[str]) -> str:
    return ", ".join(f"'{w}'" for w in list(dict.fromkeys(words))[:5])


def _nearest(
    question: str, known: Vocabulary, as_of: Mapping[str, datetime], word: str, choices: Sequence[str]
) -> list[str]:
    """Questions with the strange word replaced by a known one near it (and then the next), as far as they can be read."""
    if not word or len(question) > MAX_CHARACTERS:
        return []
    words = sorted(w for w in known.words() if "." not in w)
    waiting: list[tuple[str, str, Sequence[str]]] = [(question, word, choices)]
    found: list[str] = []
    tries = 0
    while waiting and tries < MOST_TRIES and len(found) < NEAREST:
        text, strange, meant = waiting.pop(0)
        for other in list(meant) or difflib.get_close_matches(strange, words, n=NEAREST, cutoff=0.7):
            changed = re.sub(rf"\b{re.escape(strange.lower())}\b", other, text.lower(), count=1)
            again, tries = _attempt(changed, known, as_of), tries + 1
            if isinstance(again, Reading):
                found.append(changed)
            elif again[2] and again[2] not in (strange, other):
                waiting.append((changed, again[2], again[3]))
    return list(dict.fromkeys(found))[:NEAREST]


def clock_of(words: Sequence[Token], known: Vocabulary, as_of: Mapping[str, datetime]) -> Clock:
    """Now, for the regions a question names: the end of the latest hour published of them; else of all."""
    regions = []
    for at in range(len(words)):
        for size in range(min(known.longest, len(words) - at), 0, -1):
            named = known.values.get(tuple(w.stem for w in words[at : at + size]), ())
            listed = [v.value if v.dimension == "region_id" else v.region for v in named if not v.is_border]
            if any(listed):
                regions += [r for r in listed if r]
                break
    of = {r: as_of[r] for r in regions if r in as_of} or dict(as_of)
    if not of:
        return Clock(datetime.now(UTC).replace(tzinfo=None), "UTC")
    region = max(sorted(of), key=lambda r: of[r])
    return Clock(of[region] + timedelta(hours=1), known.timezones.get(region, "UTC"))
