"""Data Docs: the latest verdict of every suite as static pages, rendered by Great Expectations' own renderers."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

from gridlake.errors import UsageError
from gridlake.settings import Settings


def build_data_docs(settings: Settings) -> Path:
    """Write `<home>/gx/data_docs/`, one page per suite and an index, and return the index.

    Raises `UsageError` before the first gates have run.
    """
    kept = sorted((settings.gx / "validations").glob("*.json"))
    if not kept:
        raise UsageError("No gate has run in this home yet.", "Run `gridlake run` first.")
    site = settings.gx / "data_docs"
    site.mkdir(parents=True, exist_ok=True)
    lines = []
    for path in kept:
        document = json.loads(path.read_text(encoding="utf-8"))
        page = site / f"{path.stem}.html"
        page.write_text(_page(document), encoding="utf-8")
        statistics = document["statistics"]
        verdict = "passed" if document["success"] else "failed"
        lines.append(
            f'<tr><td><a href="{html.escape(page.name)}">{html.escape(path.stem)}</a></td>'
            f'<td class="{verdict}">{verdict}</td>'
            f"<td>{statistics['successful_expectations']} of {statistics['evaluated_expectations']}</td></tr>"
        )
    index = site / "index.html"
    index.write_text(_INDEX.replace("{{rows}}", "\n".join(lines)), encoding="utf-8")
    return index


def _page(document: dict[str, Any]) -> str:
    from great_expectations.core.expectation_validation_result import expectationSuiteValidationResultSchema
    from great_expectations.render.renderer import ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaPageView

    loaded = expectationSuiteValidationResultSchema.load(document)
    return str(DefaultJinjaPageView().render(ValidationResultsPageRenderer(run_info_at_end=True).render(loaded)))


_INDEX = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Gates</title>
<style>body{font-family:sans-serif;margin:2rem}td,th{padding:.3rem 1rem;text-align:left}
.failed{color:#b00020;font-weight:bold}</style>
</head><body><h1>Gates, as last judged</h1>
<table><tr><th>suite</th><th>verdict</th><th>expectations met</th></tr>
{{rows}}
</table></body></html>
"""


def main() -> int:
    """`python -m expectations.data_docs`: the pages of the home's last run; prints where they are."""
    from gridlake.cli import say
    from gridlake.settings import load_settings

    try:
        print(build_data_docs(load_settings()))
    except UsageError as error:
        say(f"error: {error.message}\nremedy: {error.remedy}")
        return int(error.exit_code)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
