"""The questions of `docs/questions.md`, read for tests: id, audience, words, SQL."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gridlake.settings import PROJECT_ROOT

PAGE = PROJECT_ROOT / "docs" / "questions.md"
_QUESTION = re.compile(
    r"^### (?P<id>[A-Z]\d) (?P<checked>✓ )?(?P<words>[^\n]+)\n(?P<text>.*?)```sql\n(?P<sql>.*?)```", re.M | re.S
)


@dataclass(frozen=True)
class Question:
    question_id: str
    audience: str
    words: str
    sql: str
    is_checked: bool


def questions() -> dict[str, Question]:
    """All questions by id, in the page's order."""
    found: dict[str, Question] = {}
    for section in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]:
        audience = section.split("\n", 1)[0]
        for match in _QUESTION.finditer(section):
            question_id = match["id"]
            assert question_id not in found, f"{question_id} is asked twice"
            found[question_id] = Question(
                question_id, audience, match["words"], match["sql"].strip(), bool(match["checked"])
            )
    return found
