"""Places in an object store (S3, and by configuration Azure and Google) beside those on disk.

The one module that knows local from remote. A `Place` is a `pathlib.Path` or a `StorePath`, which answers the same few
questions about objects; whoever needs to know which asks `is_remote`. Addresses come from `GRIDLAKE_STORE`, credentials
and endpoint from the store's usual variables (`AWS_*`), never from here, and are never shown.

Invariants: an object appears whole or not at all (one PUT); nothing is renamed; requests that fail for a while are tried
again by the libraries beneath (obstore and deltalake alike, DuckDB's httpfs), and what fails in the end names the store.
"""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, TypeAlias

from gridlake.errors import GridlakeError, UsageError

if TYPE_CHECKING:
    import duckdb

SCHEMES = {"s3": "httpfs", "gs": "httpfs", "az": "azure", "abfss": "azure"}  # and DuckDB's extension that reads them
PATIENCE = timedelta(seconds=60)  # how long one request is tried again before the store counts as out of reach
TRIES = 10


class StoreUnreachable(GridlakeError):
    """The object store did not answer, or refused, for longer than requests are tried again."""

    @classmethod
    def at(cls, url: str, error: BaseException) -> StoreUnreachable:
        told = " ".join(str(error).split("Debug source:")[0].split())[:300]
        return cls(
            f"The object store at {url} does not answer as it should: {told}",
            "See that it is up, and that GRIDLAKE_STORE, AWS_ENDPOINT_URL, AWS_REGION and the keys are right; then run again: "
            "what was committed stands, the rest is done anew.",
        )


def store_url(told: str) -> str | None:
    """The address of a store as it is kept: scheme, bucket and prefix without a slash at its end; None for ''.

    >>> store_url("s3://lake/grid/"), store_url("")
    ('s3://lake/grid', None)
    """
    if not told:
        return None
    scheme, _, rest = told.partition("://")
    if scheme not in SCHEMES or not rest.strip("/") or any(c in rest for c in "'\"?#*[]"):
        raise UsageError(
            f"GRIDLAKE_STORE is '{told}'.",
            "Set it to a bucket and a prefix, such as s3://bucket/prefix (also gs://, az://, abfss://), or leave it out.",
        )
    return told.rstrip("/")


@dataclass(frozen=True, order=True)
class StorePath:
    """A place in an object store, with what `pathlib.Path` is asked for in this house.

    >>> str(StorePath("s3://lake/grid") / "bronze" / "payload"), (StorePath("s3://lake") / "a" / "b.json").stem
    ('s3://lake/grid/bronze/payload', 'b')
    """

    url: str

    def __str__(self) -> str:
        return self.url

    def __truediv__(self, name: str) -> StorePath:
        return StorePath(f"{self.url}/{name}")

    def joinpath(self, *names: str) -> StorePath:
        return StorePath("/".join((self.url, *names)))

    @property
    def name(self) -> str:
        return self.url.rsplit("/", 1)[-1]

    @property
    def stem(self) -> str:
        return PurePosixPath(self.name).stem

    @property
    def parent(self) -> StorePath:
        return StorePath(self.url.rsplit("/", 1)[0])

    @property
    def _root(self) -> str:
        scheme, _, rest = self.url.partition("://")
        return f"{scheme}://{rest.split('/', 1)[0]}"

    @property
    def _key(self) -> str:
        return self.url[len(self._root) :].lstrip("/")

    @property
    def _client(self) -> Any:
        return _client(self._root, os.environ.get("AWS_ENDPOINT_URL"))

    def relative_to(self, root: StorePath) -> PurePosixPath:
        return PurePosixPath(self.url.removeprefix(f"{root.url}/"))

    def mkdir(self, *, parents: bool = True, exist_ok: bool = True) -> None:
        """A store has no directories to make."""

    def exists(self) -> bool:
        """Whether there is an object of that name, or any below it."""
        return self.is_file() or self.is_dir()

    def is_file(self) -> bool:
        return self.head() is not None

    def is_dir(self) -> bool:
        with reaching(self):
            return any(self._client.list(prefix=f"{self._key}/", chunk_size=1))

    def head(self) -> Listed | None:
        """What the store says of the object; None where there is none."""
        with reaching(self):
            try:
                told = self._client.head(self._key)
            except FileNotFoundError:
                return None
        return Listed(self.name, told["size"], told["e_tag"] or "", told["last_modified"])

    def read_bytes(self) -> bytes:
        with reaching(self):
            return bytes(self._client.get(self._key).bytes())

    def chunks(self) -> Iterator[bytes]:
        """The object's bytes piece by piece, for what does not fit into memory."""
        with reaching(self):
            for chunk in self._client.get(self._key).stream():
                yield bytes(chunk)

    def read_text(self) -> str:
        return self.read_bytes().decode()

    def write_bytes(self, data: bytes) -> None:
        """One PUT: readers see the old object or the new one."""
        with reaching(self):
            self._client.put(self._key, data)

    def upload(self, file: Path) -> Listed:
        """Put a file of this machine here; returns what the store says of it."""
        with reaching(self), file.open("rb") as handle:
            told = self._client.put(self._key, handle)
        return Listed(self.name, file.stat().st_size, told["e_tag"] or "", None)

    def unlink(self, *, missing_ok: bool = False) -> None:
        """Remove the object; a store does not say whether there was one."""
        with reaching(self):
            self._client.delete(self._key)

    def iterdir(self) -> Iterator[StorePath]:
        """What lies directly below, objects and prefixes."""
        with reaching(self):
            found = self._client.list_with_delimiter(prefix=f"{self._key}/")
        names = [p.rsplit("/", 1)[-1] for p in found["common_prefixes"]]
        names += [o["path"].rsplit("/", 1)[-1] for o in found["objects"]]
        yield from (self / name for name in sorted(names))

    def below(self) -> list[Listed]:
        """All objects below, by their names from here."""
        start = len(self._key) + 1
        with reaching(self):
            return [
                Listed(o["path"][start:], o["size"], o["e_tag"] or "", o["last_modified"])
                for chunk in self._client.list(prefix=f"{self._key}/")
                for o in chunk
            ]


Place: TypeAlias = Path | StorePath


@dataclass(frozen=True)
class Listed:
    """An object as a store lists it. `e_tag` changes whenever the object is written."""

    name: str
    bytes: int
    e_tag: str
    written_at: datetime | None


def children(place: Place) -> list[Place]:
    """What lies directly below `place`, in the order of names; nothing where there is no such place."""
    if isinstance(place, StorePath):
        return list(place.iterdir())
    return sorted(place.iterdir()) if place.is_dir() else []


def sha256(place: Place) -> str:
    if isinstance(place, StorePath):
        digest = hashlib.sha256()
        for chunk in place.chunks():
            digest.update(chunk)
        return digest.hexdigest()
    with place.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def stamp(place: Place) -> Any:
    """What changes when the object is written again. Raises `FileNotFoundError` where there is none."""
    if isinstance(place, Path):
        return place.stat().st_mtime_ns
    told = place.head()
    if told is None:
        raise FileNotFoundError(str(place))
    return told.e_tag


@contextmanager
def reaching(place: Place) -> Iterator[None]:
    """Whatever a store's libraries raise inside, save that an object is not there, becomes `StoreUnreachable`; on disk nothing changes."""
    if isinstance(place, Path):
        yield
        return
    from deltalake.exceptions import CommitFailedError, DeltaError
    from obstore.exceptions import BaseError

    try:
        yield
    except (FileNotFoundError, CommitFailedError):
        raise
    except (OSError, BaseError, DeltaError) as error:
        raise StoreUnreachable.at(str(place), error) from error


def _allows_http() -> bool:
    return os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://")


def _check_credentials(url: str) -> None:
    if url.startswith("s3://") and not (
        os.environ.get("AWS_ACCESS_KEY_ID") and os.environ.get("AWS_SECRET_ACCESS_KEY")
    ):
        raise UsageError(
            f"There are no keys for {url}.",
            "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN, AWS_REGION, AWS_ENDPOINT_URL where they apply).",
        )


@functools.lru_cache(maxsize=8)
def _client(root: str, endpoint: str | None) -> Any:
    """One client a bucket and endpoint; the rest of its settings is read from the environment by obstore itself."""
    from obstore.store import from_url

    _check_credentials(root)
    return from_url(
        root,
        client_options={"allow_http": _allows_http(), "timeout": "60s", "connect_timeout": "5s"},
        retry_config={"max_retries": TRIES, "retry_timeout": PATIENCE},
    )


def delta_options(place: Place) -> dict[str, str] | None:
    """deltalake's storage options for a table at `place`; None on disk.

    Commits are conditional PUTs (`If-None-Match`): two writers of one version cannot both succeed, without a table of locks.
    """
    if isinstance(place, Path):
        return None
    _check_credentials(place.url)
    options = {"timeout": "60s", "connect_timeout": "5s", "max_retries": str(TRIES), "retry_timeout": f"{int(PATIENCE.total_seconds())}s"}  # fmt: skip
    if place.url.startswith("s3://"):
        options |= {"conditional_put": "etag", "allow_http": str(_allows_http()).lower()}
    return options


def prepare(con: duckdb.DuckDBPyConnection, place: Place | str | None) -> None:
    """Let a DuckDB connection read and write `place`: the extension from its wheel, keys from the environment for S3.

    For the other stores DuckDB's own secrets apply (`create persistent secret`). Nothing to do on disk.
    """
    url = str(place or "")
    scheme = url.partition("://")[0]
    if scheme not in SCHEMES:
        return
    import duckdb_extensions

    _check_credentials(url)
    try:
        duckdb_extensions.import_extension(SCHEMES[scheme], con=con)
    except Exception as error:
        raise UsageError(
            f"DuckDB cannot read {scheme}:// addresses: its extension {SCHEMES[scheme]} is not installed.",
            f"Install duckdb-extension-{SCHEMES[scheme]} of DuckDB's own version.",
        ) from error
    con.execute(f"load {SCHEMES[scheme]}")
    if SCHEMES[scheme] == "httpfs":
        con.execute(f"set http_retries = {TRIES}")
        con.execute("set http_retry_wait_ms = 200")
        con.execute("set http_retry_backoff = 1.5")
    if scheme == "s3":
        con.execute(f"create or replace temporary secret gridlake_store ({_s3_secret()})")


def _s3_secret() -> str:
    env = os.environ
    told = {
        "type": "s3", "key_id": env["AWS_ACCESS_KEY_ID"], "secret": env["AWS_SECRET_ACCESS_KEY"],
        "session_token": env.get("AWS_SESSION_TOKEN"), "region": env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION") or "us-east-1",
    }  # fmt: skip
    endpoint = env.get("AWS_ENDPOINT_URL") or ""
    if endpoint:  # other stores than Amazon's, which rarely give each bucket a host of its own
        told |= {"endpoint": endpoint.partition("://")[2].rstrip("/"), "url_style": "path"}
    listing = ", ".join(f"{k} '{v.replace(chr(39), chr(39) * 2)}'" for k, v in told.items() if v)
    return f"{listing}, use_ssl {str(not _allows_http()).lower()}"
