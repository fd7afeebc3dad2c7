"""A Cube server over its REST interface: signed, paged, patient.

Belongs here: the wire. What the columns mean comes from our own model (`client`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gridlake.errors import GridlakeError, UsageError
from semantic.access import ALL_REGIONS, NoRights

PAGE_ROWS = 50_000  # Cube's hard limit for one answer; without a limit it stops at 10,000 and says 200
SHORTEST_REQUEST_S = 10.0  # however little patience: a busy machine answers late that it is not done
TOKEN_SECONDS = 300


def sign_token(secret: str, claims: Mapping[str, Any], *, now: float | None = None) -> str:
    """A JSON Web Token (HS256, RFC 7519) with `claims`, valid for five minutes."""
    issued = int(time.time() if now is None else now)
    body = {**claims, "iat": issued, "exp": issued + TOKEN_SECONDS}

    def part(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    head = part(json.dumps({"alg": "HS256", "typ": "JWT"}, separators=(",", ":")).encode())
    signed = head + "." + part(json.dumps(body, separators=(",", ":")).encode())
    return signed + "." + part(hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest())


@dataclass
class CubeApi:
    """`url` ends in `/cubejs-api/v1`; `claims` become Cube's security context."""

    url: str
    secret: str = field(default="", repr=False)
    claims: Mapping[str, Any] = field(default_factory=lambda: dict(ALL_REGIONS))
    page_rows: int = PAGE_ROWS
    patience_seconds: float = 120.0
    sleep: Callable[[float], None] = time.sleep

    def load(self, query: Mapping[str, Any]) -> list[dict[str, Any]]:
        """All rows that answer `query` (its own `limit` respected), values as Cube sends them.

        Raises `UsageError` where Cube refuses the query, `GridlakeError` where it cannot be reached or does not finish.
        """
        return [row for page in self._pages(query) for row in page]

    def _pages(self, query: Mapping[str, Any]) -> Iterator[list[dict[str, Any]]]:
        wanted, offset = query.get("limit"), int(query.get("offset") or 0)
        while wanted is None or wanted > 0:
            limit = self.page_rows if wanted is None else min(self.page_rows, wanted)
            page = self._load_page({**query, "limit": limit, "offset": offset})
            yield page
            if len(page) < limit:
                return
            offset += len(page)
            wanted = None if wanted is None else wanted - len(page)

    def _load_page(self, query: Mapping[str, Any]) -> list[dict[str, Any]]:
        deadline, pause = time.monotonic() + self.patience_seconds, 0.2
        while True:
            answer = self._post("/load", {"query": query})
            if answer.get("error") != "Continue wait":
                return list(answer["data"])
            if time.monotonic() > deadline:
                raise GridlakeError(
                    f"Cube was still computing after {self.patience_seconds:.0f} s.", "Ask for fewer rows or a shorter time."
                )  # fmt: skip
            self.sleep(pause)
            pause = min(pause * 1.6, 5.0)

    def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"}
        if self.secret:
            headers["Authorization"] = sign_token(self.secret, self.claims)
        request = urllib.request.Request(self.url.rstrip("/") + path, json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=max(self.patience_seconds, SHORTEST_REQUEST_S)) as response:
                return dict(json.load(response))
        except urllib.error.HTTPError as error:
            raise self._refusal(error) from error
        except (urllib.error.URLError, TimeoutError, json.JSONDecodeError) as error:
            raise GridlakeError(
                f"Cube at {self.url} did not answer: {error}.", "Start it, or unset CUBE_API_URL for the embedded engine."
            ) from error  # fmt: skip

    def _refusal(self, error: urllib.error.HTTPError) -> GridlakeError:
        raw = error.read().decode(errors="replace")
        try:
            message = str(json.loads(raw).get("error", raw))
        except (json.JSONDecodeError, AttributeError):
            message = raw[:300]
        if error.code in (401, 403):
            return GridlakeError(f"Cube refused the token: {message}.", "Set CUBE_API_SECRET to the server's secret.")
        if "requested hidden member" in message:
            return NoRights(f"Cube refused the query: {message}", "Ask with a token that may see it.")
        if error.code == 400:
            return UsageError(f"Cube refused the query: {message}.", "Compare it with the model in semantic/model.")
        return GridlakeError(f"Cube answered {error.code}: {message}.", "Look into the server's log.")
