"""A question as tokens: lower case, without accents, plurals as singulars, so that two spellings of a word are one.

Belongs here: cutting text into words. What a word means is the vocabulary's business.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

MAX_CHARACTERS = 400
_TOKEN = re.compile(
    r"\d{4}-\d{2}-\d{2}|\d{4}-\d{2}(?!\d)|\d+(?:[.,]\d+)*|[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*|%|[^\s.,?!'\"()/:&-]"
)
_NUMBERS = {
    w: str(n)
    for n, w in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    )
}
_NUMBERS |= {"fifteen": "15", "twenty": "20", "thirty": "30", "hundred": "100"}
_JOINED = {"co₂": "co2", "–": "-", "—": "-", "’": "'", "‘": "'", "°c": " degree ", "°": " degree "}
_UNCHANGED = ("ss", "us", "is", "as")  # endings whose s is no plural: less, status, basis, gas


@dataclass(frozen=True)
class Token:
    """A word as written (lower case) and its stem."""

    text: str
    stem: str

    @property
    def number(self) -> float | None:
        """The number a token writes, in digits or as a word."""
        text = self.text.replace(",", "")
        return float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else None


def tokens(text: str) -> list[Token]:
    """Words, numbers and signs of a question; punctuation between them is dropped.

    >>> [t.stem for t in tokens("What were New York's day-ahead prices, five-minute?")]
    ['what', 'were', 'new', 'york', 'day', 'ahead', 'price', '5', 'minute']
    """
    for written, meant in _JOINED.items():
        text = text.lower().replace(written, meant)
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    plain = re.sub(r"'s\b|s'(?=\s|$)", lambda m: "" if m[0] == "'s" else "s", plain)
    plain = re.sub(r"(?<![\w.])-(?=\d)", " minus ", plain)
    plain = re.sub(r"\b(\d+)(st|nd|rd|th)\b", r"\1", plain)
    plain = re.sub(r"\b(\d+(?:\.\d+)?)(h|d|gw|mw|kw|gwh|mwh|twh|hz|am|pm|min)\b", r"\1 \2", plain)
    return [Token(w, stem(w)) for w in (_NUMBERS.get(w, w) for w in _TOKEN.findall(plain))]


def stem(word: str) -> str:
    """A noun's singular, roughly, and the same for names in the vocabulary.

    >>> stem("prices"), stem("gas"), stem("frequencies"), stem("losses")
    ('price', 'gas', 'frequency', 'loss')
    """
    if len(word) < 4 or not word.isalpha() or word.endswith(_UNCHANGED):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith("sses"):
        return word[:-2]
    return word[:-1] if word.endswith("s") else word


def phrase(text: str) -> tuple[str, ...]:
    """A phrase as the stems of its words."""
    return tuple(t.stem for t in tokens(text.replace("_", " ")))
