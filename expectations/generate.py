"""Writes what follows from the rule catalogue: dbt macros, the catalogue seed and its page in the docs.

`python -m expectations.generate` writes the files, `--check` only says whether they are up to date.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

from expectations.catalogue import Catalogue, RowRule, Rule, TableRule, load_catalogue
from gridlake.settings import PROJECT_ROOT

SEED_COLUMNS = ("rule_id", "title", "subject", "layer", "level", "severity", "weight", "reason", "limit_source")

MACROS_HEAD = """\
{#- Generated from expectations/rules by `python -m expectations.generate`: change the rules there, not here.

    Each macro gives one SQL expression over the columns of a subject's typed frame. A row fails a rule when the rule
    applies and its predicate holds; a predicate that is NULL counts as not applying or not failing.
      rule_flags(subject)      text     ids of failed rules, sorted, joined by commas; '' if none
      rule_error_ids(subject)  text     the same for rules of severity error
      rule_errors(subject)     boolean  whether a rule of severity error failed
      rule_score(subject)      double   100 x weight of rules passed / weight of rules that apply; 100 when none applies
-#}
{% macro rule_expression(subject, part) -%}
{%- set catalogue = {
"""

# The ids are only joined for rows that failed something: most rows cost one chain of comparisons.
MACROS_TAIL = """\
} -%}
{%- if subject not in catalogue -%}
    {{ exceptions.raise_compiler_error("There are no row rules for subject '" ~ subject ~ "': see docs/rules.md.") }}
{%- endif -%}
{%- set rules = catalogue[subject] -%}
{%- if part in ('errors', 'error_ids') -%}
    {%- set rules = rules | selectattr('severity', 'equalto', 'error') | list -%}
{%- endif -%}
{%- set ids -%}
    rtrim({% for rule in rules %}case when {{ rule.failed }} then '{{ rule.id }},' else '' end{% if not loop.last %}
        || {% endif %}{% endfor %}, ',')
{%- endset -%}
{%- set failed_weight -%}
    {% for rule in rules %}case when {{ rule.failed }} then {{ rule.weight }} else 0 end{% if not loop.last %}
        + {% endif %}{% endfor %}
{%- endset -%}
{%- set applying_weight -%}
    {% for rule in rules %}case when {{ rule.applies }} then {{ rule.weight }} else 0 end{% if not loop.last %}
        + {% endif %}{% endfor %}
{%- endset -%}
(case when {% for rule in rules %}({{ rule.failed }}){% if not loop.last %}
    or {% endif %}{% endfor %}
{% if part in ('flags', 'error_ids') %}then {{ ids }} else '' end)
{%- elif part == 'errors' %}then true else false end)
{%- elif part == 'score' %}then round(100 - cast(100 as double) * ({{ failed_weight }})
    / ({{ applying_weight }}), 2) else cast(100 as double) end)
{%- endif -%}
{%- endmacro %}

{% macro rule_flags(subject) %}{{ rule_expression(subject, 'flags') }}{% endmacro %}

{% macro rule_error_ids(subject) %}{{ rule_expression(subject, 'error_ids') }}{% endmacro %}

{% macro rule_errors(subject) %}{{ rule_expression(subject, 'errors') }}{% endmacro %}

{% macro rule_score(subject) %}{{ rule_expression(subject, 'score') }}{% endmacro %}
"""


def macros(catalogue: Catalogue) -> str:
    """The dbt macro file."""
    blocks = []
    for subject in sorted(catalogue.subjects):
        records = ",\n".join(f"    {_macro_record(rule)}" for rule in catalogue.for_subject(subject))
        blocks.append(f"  {json.dumps(subject)}: [\n{records}\n  ]")
    return MACROS_HEAD + ",\n".join(blocks) + "\n" + MACROS_TAIL


def _macro_record(rule: RowRule) -> str:
    # `fails` first: it is the rarer one, so that engines that stop early stop there.
    return json.dumps(
        {
            "id": rule.id,
            "severity": rule.severity,
            "weight": rule.weight,
            "applies": f"({rule.applies})",
            "failed": f"({rule.fails})" if rule.applies == "true" else f"({rule.fails}) and ({rule.applies})",
        },
        ensure_ascii=False,
    )


def seed(catalogue: Catalogue) -> str:
    """The catalogue as a dbt seed, one line per rule."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(SEED_COLUMNS)
    for rule in catalogue.rules:
        writer.writerow([rule.id if column == "rule_id" else getattr(rule, column) for column in SEED_COLUMNS])
    return text.getvalue()


def page(catalogue: Catalogue) -> str:
    """The catalogue as a page for people."""
    lines = [
        "# Rules",
        "",
        "Generated from `expectations/rules` by `python -m expectations.generate`; change the rules there.",
        "",
        f"{len(catalogue.rules)} rules judge what outsiders sent: {len(catalogue.row_rules)} look at single rows, "
        f"{len(catalogue.table_rules)} at whole tables. A row that fails an *error* rule goes to quarantine with the "
        "rule's id and its interval is reported missing; a *warn* is kept and flagged. A table that fails an *error* "
        "rule is a gate that blocks everything after it, and nothing is published.",
        "",
        "The score of a record is 100 × weight of rules passed / weight of rules that apply.",
    ]
    lines += _row_sections(catalogue)
    lines += _table_sections(catalogue)
    return "\n".join(lines) + "\n"


def _row_sections(catalogue: Catalogue) -> list[str]:
    lines: list[str] = []
    for subject in sorted({r.subject for r in catalogue.row_rules}):
        lines += ["", f"## Rows: {subject.replace('_', ' ')}", ""]
        lines += ["| rule | severity | weight | what | why | limit from |", "|---|---|---|---|---|---|"]
        rules = sorted((r for r in catalogue.row_rules if r.subject == subject), key=lambda r: r.id)
        lines += [_line(rule, rule.severity) for rule in rules]
    return lines


def _table_sections(catalogue: Catalogue) -> list[str]:
    lines: list[str] = []
    for layer in ("raw", "bronze", "silver", "gold"):
        rules = sorted((r for r in catalogue.table_rules if r.layer == layer), key=lambda r: r.id)
        lines += ["", f"## Tables: {layer}", ""]
        lines += ["| rule | severity | weight | what | why | limit from | tables |", "|---|---|---|---|---|---|---|"]
        lines += [f"{_line(rule, rule.severity)} {_tables(rule)} |" for rule in rules]
    return lines


def _tables(rule: TableRule) -> str:
    return ", ".join(f"`{table}`" for table in rule.tables)


def _line(rule: Rule, severity: str) -> str:
    cells = [rule.id, severity, str(rule.weight), rule.title, rule.reason, rule.limit_source]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def generated_files(catalogue: Catalogue | None = None) -> dict[Path, str]:
    """Every generated file with the content it should have."""
    rules = catalogue or load_catalogue()
    return {
        PROJECT_ROOT / "dbt_project" / "macros" / "rules.sql": macros(rules),
        PROJECT_ROOT / "dbt_project" / "seeds" / "rule_catalogue.csv": seed(rules),
        PROJECT_ROOT / "docs" / "rules.md": page(rules),
    }


def outdated(files: dict[Path, str]) -> list[Path]:
    return [path for path, text in files.items() if not path.exists() or path.read_text(encoding="utf-8") != text]


def main(arguments: list[str]) -> int:
    files = generated_files()
    stale = outdated(files)
    for path in stale:
        if "--check" in arguments:
            print(f"out of date: {path.relative_to(PROJECT_ROOT)}; run `python -m expectations.generate`")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[path], encoding="utf-8")
            print(f"wrote {path.relative_to(PROJECT_ROOT)}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
