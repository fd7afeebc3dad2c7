"""Commands about runs and what they left: run, status, feeds, quarantine, verify."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from gridlake.cli import command_options, print_json, print_table, say
from gridlake.errors import ExitCode, UsageError
from gridlake.settings import ORIGINS, load_settings


@click.command()
@click.option(
    "--origin", type=click.Choice(ORIGINS), help="Where payloads come from [default: $GRIDLAKE_ORIGIN or synthetic]."
)
@click.option(
    "--archive", type=click.Path(), help="Directory of operators' published files [default: $GRIDLAKE_ARCHIVE]."
)
@click.option("--feeds", help="Only these feeds, comma-separated; see `gridlake feeds`.")
@click.option("--from", "date_from", help="First local day of live feeds, YYYY-MM-DD [default: --to].")
@click.option("--to", "date_to", help="Last local day, included [default: the last that is over].")
@click.option("--no-land", is_flag=True, help="Ask no source: build and publish what was landed.")
@command_options
def run(
    origin: str | None,
    archive: str | None,
    feeds: str | None,
    date_from: str | None,
    date_to: str | None,
    no_land: bool,
    as_json: bool,
) -> int:
    """Land, build, gate, forecast and publish everything once.

    \b
    Examples:
      gridlake run
      gridlake run --origin archive --archive ../data --json
      gridlake run --origin archive --archive ../data --feeds nyiso_pal,nyiso_isolf
      gridlake run --origin live --feeds nyiso_pal --from 2024-03-09 --to 2024-03-11
      gridlake run --no-land
    """
    from orchestration.run import build_landed
    from orchestration.run import run as run_everything
    from orchestration.summary import print_summary

    settings = load_settings(
        origin=origin or ("archive" if archive else None),
        archive=archive,
        first_day=_day("--from", date_from),
        last_day=_day("--to", date_to),
    )
    if settings.origin != "live" and (date_from or date_to):
        raise UsageError(
            "--from and --to choose days of live feeds.", "Archive and synthetic feeds land every payload there is."
        )
    if settings.first_day and settings.last_day and settings.first_day > settings.last_day:
        raise UsageError(f"--from {date_from} lies after --to {date_to}.", "Give the earlier day first.")
    chosen = [f.strip() for f in feeds.split(",") if f.strip()] if feeds else None
    if settings.origin == "live" and chosen:
        _refuse_without_extra(chosen)
    if no_land and (origin or archive or feeds or date_from or date_to):
        raise UsageError("--no-land asks no source.", "Leave out --origin, --archive, --feeds, --from and --to.")
    report = build_landed(settings) if no_land else run_everything(settings, chosen)
    if as_json:
        print_json(report.document)
    else:
        print_summary(report.document)
    error = report.document.get("error")
    if error:
        say(f"error: {error['message']}")
        say(f"remedy: {error['remedy']}")
    for feed in report.document["feeds"]:
        if feed["stale"]:
            say(f"stale: {feed['message']} {feed['remedy']}")
    if not as_json and report.exit_code in (ExitCode.DONE, ExitCode.FEED_STALE):
        click.echo(
            'Next: `gridlake status`, `gridlake query "select * from mart_grid_overview limit 5"`, `make up` for the app and Dagster.'
        )
    return int(report.exit_code)


def _day(option: str, text: str | None) -> date | None:
    """The day an option names. Raises `UsageError` where it names none."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option} is '{text}'.", "Give a day as YYYY-MM-DD.") from None


def _refuse_without_extra(names: list[str]) -> None:
    """Raise `UsageError` where a feed asked for by name needs an optional install that is not there."""
    from extract.catalogue import feeds_for

    if any(feed.extra == "iso" for feed in feeds_for("live", names)):
        from extract.live.gridstatus import library

        library()


@click.command()
@command_options
def status(as_json: bool) -> int:
    """What is published, how fresh it is, and how the last run went (also a failed one).

    \b
    Examples:
      gridlake status
      gridlake status --json
    """
    from gridlake.ops import OpsStore
    from gridlake.snapshot import current_snapshot

    settings = load_settings()
    ops = OpsStore(settings.ops_db)
    last = ops.last_run()
    snapshot = current_snapshot(settings, missing_ok=True)
    if last is None and snapshot is None:
        raise UsageError(f"Nothing was ever run in {settings.home}.", "Run `gridlake run` first.")
    landings = ops.landings(last["run_id"]) if last else []
    gates = ops.gates(last["run_id"]) if last else []
    document: dict[str, Any] = {
        "home": str(settings.home),
        "store": settings.store,
        "last_run": {k: last[k] for k in ("run_id", "started_at_utc", "finished_at_utc", "origin", "state", "exit_code")} if last else None,
        "published": {
            "snapshot_id": snapshot.snapshot_id, "published_at_utc": snapshot.published_at_utc, "origin": snapshot.origin,
            "as_of_utc": snapshot.as_of_utc, "tables": {n: t["rows"] for n, t in snapshot.tables.items()},
        } if snapshot else None,
        "feeds": [{"feed": x["feed"], "state": x["state"], "message": x["message"], "remedy": x["remedy"]} for x in landings],
        "gates": gates,
        "layers": layer_rows(settings),
    }  # fmt: skip
    if as_json:
        print_json(document)
        return 0
    if settings.store:
        click.echo(f"Landing, bronze, ml and published lie in {settings.store}")
    if last:
        click.echo(
            f"Last run {last['run_id']}: {last['state']}, started {last['started_at_utc']} UTC, {last['origin']} data, exit {last['exit_code']}"
        )
    if snapshot:
        click.echo(f"Published {snapshot.snapshot_id} at {snapshot.published_at_utc} UTC ({snapshot.origin})")
        print_table([{"region": r, "data through (UTC)": t} for r, t in snapshot.as_of_utc.items()], title="Freshness")
    print_table(document["layers"], title="Layers")
    print_table(
        [f for f in document["feeds"] if f["state"] != "absent"],
        ["feed", "state", "message"],
        title="Feeds of the last run",
    )
    failed = [g for g in gates if not g["passed"]]
    click.echo(f"Gates of the last run: {len(gates) - len(failed)} of {len(gates)} passed")
    if failed:
        print_table(failed, ["check_name", "rule_id", "feed", "severity", "failed_rows", "observed"])
    return 0


def layer_rows(settings: Any) -> list[dict[str, Any]]:
    """Tables, rows and bytes by layer, from the Delta logs alone."""
    from gridlake import lake
    from gridlake.store import children

    out = []
    for layer in ("bronze", "silver", "gold", "ml"):
        tables = [lake.table_files(p) for p in children(settings.layer_path(layer)) if lake.table_exists(p)]
        out.append(
            {"layer": layer, "tables": len(tables), "rows": sum(t.rows for t in tables), "MB": sum(f["bytes"] for t in tables for f in t.files) // 1_000_000}
        )  # fmt: skip
    return out


@click.command()
@click.option("--format", "form", type=click.Choice(["table", "markdown"]), default="table", show_default=True)
@click.option("--archive", type=click.Path(), help="List also the files below DIR that no feed takes.")
@command_options
def feeds(form: str, archive: str | None, as_json: bool) -> int:
    """Each feed: what it brought, its span and holes, cadence, time convention, licence, and how its last landing went.

    \b
    Examples:
      gridlake feeds
      gridlake feeds --json
      gridlake feeds --archive ../data --format markdown > docs/feeds.md
    """
    from pathlib import Path

    from orchestration.feed_report import feed_report, markdown, unclaimed_files

    rows = feed_report(load_settings())
    root = Path(archive) if archive else None
    if as_json:
        print_json(rows if root is None else {"feeds": rows, "unclaimed": unclaimed_files(root)})
    elif form == "markdown":
        click.echo(markdown(rows, root), nl=False)
    else:
        shown = [
            "feed",
            "source",
            "cadence",
            "files",
            "rows_read",
            "rows_refused",
            "first_utc",
            "last_utc",
            "lag_hours",
            "holes",
            "last_landing",
        ]
        print_table(rows, shown)
        for path, why in unclaimed_files(root) if root else ():
            click.echo(f"no feed takes {path}{f' ({why})' if why else ''}")
    return 0


@click.command()
@click.argument("action", type=click.Choice(["list", "show", "replay"]))
@click.option("--feed", help="Only this feed.")
@click.option("--rule", help="Only records that failed this rule.")
@click.option("--limit", default=50, show_default=True, help="Records to show.")
@command_options
def quarantine(action: str, feed: str | None, rule: str | None, limit: int, as_json: bool) -> int:
    """Bad records with their reasons: `list` counts them, `show` prints them, `replay` judges them again after a fix.

    Replay asks no source: it parses landed payloads with refused rows anew, rebuilds silver and gold from bronze, and
    tells how many records came free once a rule or a parser has been mended.

    \b
    Examples:
      gridlake quarantine list
      gridlake quarantine show --feed nyiso_pal --rule LD05
      gridlake quarantine replay
    """
    from orchestration.quarantine import check_names, quarantine_counts, quarantine_records, replay

    settings = load_settings()
    check_names(feed, rule)
    if action == "replay":
        report, told = replay(settings)
        if as_json:
            print_json({**report.document, "replay": told})
        else:
            from orchestration.summary import print_summary

            print_summary(report.document)
            print_table(told["free_by_rule"], title="Came free")
            click.echo(
                f"{told['records_free']} of {told['records_before']} records came free, {told['records_still']} stay, "
                f"{told['records_new']} are new; {told['rows_placed']} refused rows of {told['payloads_reparsed']} payloads could be placed"
            )
        return int(report.exit_code)
    rows = (
        quarantine_counts(settings, feed, rule) if action == "list" else quarantine_records(settings, feed, rule, limit)
    )
    if as_json:
        print_json(rows)
    elif rows:
        print_table(rows)
    else:
        click.echo("Nothing is in quarantine.")
    return 0


@click.command()
@command_options
def verify(as_json: bool) -> int:
    """Hash everything landed and published and compare with what the ledgers say.

    \b
    Examples:
      gridlake verify
      gridlake verify --json
    """
    from gridlake.snapshot import current_snapshot, damaged_manifests, verify_snapshot
    from orchestration.quarantine import verify_landing

    settings = load_settings()
    snapshot = current_snapshot(settings)
    checked, problems = verify_landing(settings)
    problems += verify_snapshot(snapshot) + damaged_manifests(settings)
    document = {
        "snapshot_id": snapshot.snapshot_id,
        "payloads": checked,
        "tables": len(snapshot.tables),
        "problems": problems,
    }
    if as_json:
        print_json(document)
    else:
        for problem in problems:
            click.echo(problem)
        click.echo(f"{checked} payloads and {len(snapshot.tables)} published tables checked: {len(problems)} problems")
    return int(ExitCode.INTERNAL if problems else ExitCode.DONE)


@click.command()
@click.argument("what", type=click.Choice(["customer"]))
@click.argument("key")
@command_options
def erase(what: str, key: str, as_json: bool) -> int:
    """Erase a customer from everything the home holds, and prove by a search of every byte that nothing is left.

    Master payloads are rewritten without the customer's lines, tables and snapshot follow, older snapshots and versions go.
    The source's own files outside the home are not touched: delete the customer there too.

    \b
    Examples:
      gridlake erase customer C00012
      gridlake erase customer C00012 --json
    """
    from orchestration.erasure import erase_customer

    proof = erase_customer(load_settings(), key)
    if as_json:
        print_json(proof)
    else:
        rows = sum(payload["rows_removed"] for payload in proof["payloads"])
        click.echo(
            f"{rows} lines of {len(proof['payloads'])} payloads removed, {proof['snapshots_dropped']} older snapshots dropped"
        )
        click.echo(f"searched {proof['files_searched']} files, {proof['bytes_searched']:,} bytes: {proof['hits']} hits")
        if proof["names_shared_with_others"]:
            click.echo(
                f"{proof['names_shared_with_others']} names were not searched for: others bear them too, or they are too short"
            )
    return 0


@click.command()
@command_options
def maintain(as_json: bool) -> int:
    """Join small files, remove dead ones, let raw payloads go by their feed's retention; readers lose nothing.

    \b
    Examples:
      gridlake maintain
      gridlake maintain --json
    """
    from orchestration.maintenance import maintain as do_all

    done = do_all(load_settings())
    if as_json:
        print_json(done)
    else:
        for name, found in done.items():
            click.echo(f"{name.replace('_', ' ')}: {found or 0}")
    return 0
