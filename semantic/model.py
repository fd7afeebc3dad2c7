"""The Cube model read from YAML into typed objects, checked as strictly as an engine that must not guess needs it.

Belongs here: loading, validating, resolving views to members of cubes. Does not belong here: SQL (see `engine`).

The embedded engine answers a subset of Cube's modelling language. A key that Cube knows and we do not is an error
when the model is loaded, never a feature that is silently ignored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from gridlake.yaml_files import read_yaml
from semantic.access import Policy, checked_policies
from semantic.members import (
    Cube,
    Join,
    Member,
    Model,
    ModelError,
    UnknownMember,
    View,
    ViewMember,
    references,
    substitute,
)

MODEL_PATH = Path(__file__).parent / "model"

DIMENSION_TYPES = ("string", "number", "boolean", "time")
AGGREGATES = ("count", "count_distinct", "sum", "avg", "min", "max")
EXPRESSION_TYPES = ("number", "string", "time", "boolean")  # measures whose SQL aggregates by itself
RELATIONSHIPS = ("many_to_one", "one_to_one")  # the directions in which a join cannot multiply rows

_CUBE_KEYS = {"name", "extends", "sql", "sql_table", "public", "title", "description", "meta", "joins", "dimensions", "measures", "pre_aggregations"}  # fmt: skip
_VIEW_KEYS = {"name", "public", "title", "description", "meta", "cubes", "access_policy"}
_DIMENSION_KEYS = {"name", "sql", "type", "primary_key", "public", "title", "description", "format", "meta"}
_MEASURE_KEYS = {"name", "sql", "type", "filters", "public", "title", "description", "format", "drill_members", "meta"}  # fmt: skip
_JOIN_KEYS = {"name", "relationship", "sql"}
_VIEW_CUBE_KEYS = {"join_path", "includes", "excludes", "prefix"}

_ROLLUP_KEYS = {"name", "measures", "dimensions", "time_dimension", "granularity", "external", "refresh_key"}

_FORMAT = re.compile(r"^,?(\.\d)?f$")  # of d3's notation what our own pages can write as well
_NAME = re.compile(r"^[a-z][a-z0-9_]*$")


def load_model(path: Path = MODEL_PATH) -> Model:
    """Reads `cubes/*.yml` and `views/*.yml` under `path`, checked; cached, since the files belong to the code.

    Raises `ModelError` naming file and member for anything unknown, unsupported, dangling or ambiguous.
    """
    return _load(path.resolve())


@lru_cache(maxsize=8)
def _load(path: Path) -> Model:
    raw_cubes: dict[str, tuple[dict[str, Any], str]] = {}
    raw_views: dict[str, tuple[dict[str, Any], str]] = {}
    for file in sorted(path.rglob("*.yml")):
        place = file.relative_to(path).as_posix()
        document = _read(file, place)
        for key, into in (("cubes", raw_cubes), ("views", raw_views)):
            for body in document.get(key) or []:
                name = _checked_name(body, place, key[:-1])
                if name in raw_cubes or name in raw_views:
                    raise ModelError(f"{place}: the name '{name}' is taken.", "Give every cube and view its own name.")
                into[name] = (body, place)
    if not raw_cubes:
        raise ModelError(f"No cubes under {path}.", "Put them in cubes/*.yml.")
    cubes = {name: _cube(name, raw_cubes) for name in raw_cubes}
    for name, cube in cubes.items():
        _check_references(cube, cubes)
        for entry in raw_cubes[name][0].get("pre_aggregations") or []:
            _check_rollup(cube, entry, cubes)
    return Model(cubes, {name: _view(body, place, cubes) for name, (body, place) in raw_views.items()})


def _read(file: Path, place: str) -> dict[str, Any]:
    import yaml

    try:
        document = read_yaml(file)
    except yaml.YAMLError as error:
        raise ModelError(f"{place}: not YAML: {error}", "Mend the file.") from error
    if not isinstance(document, dict) or set(document) - {"cubes", "views"}:
        raise ModelError(f"{place}: only the lists 'cubes' and 'views' are read.", "Move anything else out of it.")
    return document


def _checked_name(body: Any, place: str, what: str) -> str:
    name = body.get("name") if isinstance(body, dict) else None
    if not isinstance(name, str) or not _NAME.match(name):
        raise ModelError(f"{place}: a {what} has the name {name!r}.", "Use lower case, digits and underscores.")
    return name


def _only(body: Mapping[str, Any], allowed: set[str], place: str) -> None:
    unknown = sorted(set(body) - allowed)
    if unknown:
        raise ModelError(
            f"{place}: {', '.join(unknown)} is not supported by the embedded engine.",
            f"Use {', '.join(sorted(allowed))}, or leave the member to Cube alone.",
        )


def _cube(name: str, raw: Mapping[str, tuple[dict[str, Any], str]], seen: tuple[str, ...] = ()) -> Cube:
    body, file = raw[name]
    place = f"{file}: {name}"
    _only(body, _CUBE_KEYS, place)
    base: Cube | None = None
    if "extends" in body:
        parent = body["extends"]
        if parent not in raw or parent in (*seen, name):
            raise ModelError(f"{place}: extends '{parent}', which is no other cube.", "Name an existing cube.")
        base = _cube(parent, raw, (*seen, name))
    if body.get("public", True) is not False:
        raise ModelError(f"{place}: a cube must say public: false.", "Show its members through a view.")
    if ("sql" in body) == ("sql_table" in body) and not (base and "sql" not in body):
        raise ModelError(f"{place}: needs exactly one of sql and sql_table.", "Name the table, or write the query.")
    members = dict(base.members) if base else {}
    for kind, keys in (("dimension", _DIMENSION_KEYS), ("measure", _MEASURE_KEYS)):
        own: set[str] = set()
        for entry in body.get(f"{kind}s") or []:
            member = _member(entry, kind, keys, place)
            if member.name in own or (member.name in members and members[member.name].kind != kind):
                raise ModelError(f"{place}.{member.name}: defined twice.", "Rename one of them.")
            own.add(member.name)
            members[member.name] = member
    joins = dict(base.joins) if base else {}
    for entry in body.get("joins") or []:
        _only(entry, _JOIN_KEYS, f"{place}: join {entry.get('name')}")
        if entry.get("relationship") not in RELATIONSHIPS:
            raise ModelError(
                f"{place}: join {entry.get('name')} is {entry.get('relationship')}, which multiplies rows.",
                f"Join from the side with many rows ({', '.join(RELATIONSHIPS)}).",
            )
        joins[entry["name"]] = Join(entry["name"], entry["relationship"], _text(entry, "sql", place))
    source = base.source if base else ""
    if "sql" in body:
        source = f"({str(body['sql']).strip()})"
    elif "sql_table" in body:
        source = str(body["sql_table"])
    return Cube(name, source, str(body.get("title", name)), str(body.get("description", "")), members, joins, file)


def _text(entry: Mapping[str, Any], key: str, place: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ModelError(f"{place}: '{entry.get('name')}' has no {key}.", f"Give it {key}: as text.")
    return value.strip()


def _member(entry: Any, kind: str, allowed: set[str], place: str) -> Member:
    name = _checked_name(entry, place, kind)
    _only(entry, allowed, f"{place}.{name}")
    type_ = entry.get("type")
    types = DIMENSION_TYPES if kind == "dimension" else (*AGGREGATES, *EXPRESSION_TYPES)
    if type_ not in types:
        raise ModelError(f"{place}.{name}: type {type_!r} is not supported.", f"Use one of {', '.join(types)}.")
    sql = str(entry.get("sql") or "").strip()
    if not sql and type_ != "count":
        raise ModelError(f"{place}.{name}: has no sql.", "Say what it is computed from.")
    filters = tuple(_text(f, "sql", f"{place}.{name}") for f in entry.get("filters") or [])
    if filters and type_ in EXPRESSION_TYPES:
        raise ModelError(f"{place}.{name}: filters on type {type_} mean nothing.", "Filter the measures it is made of.")
    return Member(
        name=name,
        type=type_,
        sql=sql,
        kind=kind,
        title=str(entry.get("title", name.replace("_", " ").capitalize())),
        description=str(entry.get("description", "")),
        public=entry.get("public", True) is not False,
        primary_key=entry.get("primary_key", False) is True,
        filters=filters,
        format=_format(entry, f"{place}.{name}"),
        drill_members=tuple(entry.get("drill_members") or ()),
        meta=entry.get("meta") or {},
    )


def _format(entry: Mapping[str, Any], place: str) -> str:
    text = str(entry.get("format", ""))
    if text and not _FORMAT.match(text):
        raise ModelError(f"{place}: format {text!r} is not supported.", 'Use ",.0f", ".2f" and the like.')
    return text


def _check_references(cube: Cube, cubes: Mapping[str, Cube]) -> None:
    """Every name in braces leads to a cube that is joined, or to a member; no measure is made of itself."""
    for join in cube.joins.values():
        if join.target not in cubes:
            raise ModelError(f"{cube.file}: {cube.name}: joins '{join.target}', which is no cube.", "Name a cube.")
        for reference in references(join.sql):
            _check_reference(cube, f"join {join.target}", reference, cubes)
    for member in cube.members.values():
        for sql in (member.sql, *member.filters):
            for reference in references(sql):
                _check_reference(cube, member.name, reference, cubes)
        for name in member.drill_members:
            if name not in cube.members or cube.members[name].kind != "dimension":
                raise ModelError(
                    f"{cube.file}: {cube.name}.{member.name}: drills to '{name}', no dimension.", "Name one."
                )
        _check_circle(cube, member, ())


def _check_rollup(cube: Cube, entry: Mapping[str, Any], cubes: Mapping[str, Cube]) -> None:
    """A rollup is Cube's alone: it changes how soon an answer comes, never the answer. Here its names must exist, and its
    measures must be sums, counts, minima or maxima: of others Cube could not make a coarser answer.
    """
    place = f"{cube.file}: {cube.name}: pre-aggregation {entry.get('name')}"
    _only(entry, _ROLLUP_KEYS, place)
    for reference in (*entry["dimensions"], entry["time_dimension"], *entry["measures"]):
        _check_reference(cube, f"pre-aggregation {entry['name']}", reference, cubes)
    for name in entry["measures"]:
        if cube.members[name].type not in ("sum", "count", "min", "max"):
            raise ModelError(f"{place}: {name} is no sum.", "Leave it out, or build it from measures that are.")


def _check_reference(cube: Cube, where: str, reference: str, cubes: Mapping[str, Cube]) -> None:
    head, _, tail = reference.partition(".")
    if head == "CUBE" or head == cube.name:
        known = not tail or tail in cube.members
    elif head in cube.members and not tail:
        known = True
    else:
        known = head in cube.joins and (not tail or tail in cubes[head].members)
    if not known:
        raise ModelError(
            f"{cube.file}: {cube.name}.{where}: {{{reference}}} leads nowhere.",
            f"Name a member of {cube.name}, or of a cube it joins ({', '.join(cube.joins) or 'none'}).",
        )


def _check_circle(cube: Cube, member: Member, above: tuple[str, ...]) -> None:
    if member.name in above:
        raise ModelError(f"{cube.file}: {cube.name}.{member.name}: is made of itself.", "Break the circle.")
    for reference in references(member.sql):
        name = reference.removeprefix("CUBE.").removeprefix(f"{cube.name}.")
        if name in cube.members:
            _check_circle(cube, cube.members[name], (*above, member.name))


def _view(body: dict[str, Any], file: str, cubes: Mapping[str, Cube]) -> View:
    place = f"{file}: {body['name']}"
    _only(body, _VIEW_KEYS, place)
    if body.get("public", True) is False:
        raise ModelError(f"{place}: a view is for users.", "Drop public: false.")
    members: dict[str, ViewMember] = {}
    roots: set[str] = set()
    for entry in body.get("cubes") or []:
        _only(entry, _VIEW_CUBE_KEYS, place)
        path = tuple(_text(entry, "join_path", place).split("."))
        _check_path(path, place, cubes)
        roots.add(path[0])
        for name, member in _included(entry, cubes[path[-1]], place):
            if member.kind == "measure" and len(path) > 1:
                raise ModelError(
                    f"{place}.{name}: a measure of the joined cube {path[-1]} would be counted once per row of {path[0]}.",
                    "Take measures from the view's first cube only.",
                )
            if name in members:
                raise ModelError(f"{place}.{name}: comes from two cubes.", "Use prefix: true or an alias.")
            members[name] = ViewMember(name, path, member)
    if len(roots) != 1:
        raise ModelError(f"{place}: starts from {sorted(roots)}.", "Let every join_path start from one cube.")
    shown = {name: m.member.kind for name, m in members.items()}
    return View(
        name=body["name"],
        title=str(body.get("title", body["name"])),
        description=str(body.get("description", "")),
        root=roots.pop(),
        members=members,
        file=file,
        policies=_policies(body, place, shown),
    )


def _policies(body: Mapping[str, Any], place: str, shown: Mapping[str, str]) -> tuple[Policy, ...]:
    """A view's row rules. A rule over a member that the view does not show would have nothing to filter by."""
    try:
        policies = checked_policies(body["access_policy"]) if "access_policy" in body else ()
    except ValueError as error:
        raise ModelError(
            f"{place}: {error}", "See docs/semantic-layer.md for the rules that both engines know."
        ) from error
    for rule in (rule for policy in policies for rule in policy.rules):
        if shown.get(rule.member) != "dimension":
            raise ModelError(
                f"{place}: a row rule names '{rule.member}', which is no dimension of the view.", "Show it."
            )
    return policies


def _check_path(path: tuple[str, ...], place: str, cubes: Mapping[str, Cube]) -> None:
    if path[0] not in cubes:
        raise ModelError(f"{place}: there is no cube '{path[0]}'.", "Name an existing cube.")
    for here, there in pairwise(path):
        if there not in cubes[here].joins:
            raise ModelError(f"{place}: {here} has no join to '{there}'.", "Add the join, or mend the path.")


def _included(entry: Mapping[str, Any], cube: Cube, place: str) -> list[tuple[str, Member]]:
    includes, excludes = entry.get("includes", "*"), set(entry.get("excludes") or [])
    prefix = f"{cube.name}_" if entry.get("prefix") is True else ""
    if includes == "*":
        hidden = [m.name for m in cube.members.values() if not m.public and m.name not in excludes]
        if hidden:  # Cube shows every member of a view that has row rules, private ones too
            raise ModelError(f"{place}: {cube.name} has private members: {', '.join(hidden)}.", "Exclude them.")
        return [(prefix + m.name, m) for m in cube.members.values() if m.public and m.name not in excludes]
    chosen = []
    for item in includes:
        wanted, alias = (
            (item, item) if isinstance(item, str) else (item.get("name"), item.get("alias", item.get("name")))
        )
        if wanted not in cube.members or not cube.members[wanted].public:
            raise ModelError(f"{place}: {cube.name} has no public member '{wanted}'.", "Mend includes.")
        chosen.append((prefix + alias, cube.members[wanted]))
    return chosen


__all__ = ["MODEL_PATH", "Cube", "Member", "Model", "ModelError", "UnknownMember", "View", "ViewMember", "load_model", "substitute"]  # fmt: skip
