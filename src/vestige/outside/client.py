"""POSTs to several addresses at once, within one time limit. No redirects, no proxies of the environment, short answers only."""

import http.client
import ssl
import threading
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

from vestige.evidence.holders import Answered, Asked

MOST_BYTES = 64 << 10
_AGENT = "Vestige"


class OutsideClient:
    """The only way out of a home."""

    def ask(self, asked: Sequence[Asked], seconds: float) -> list[Answered]:
        """An answer for each, in their order; who has not answered after `seconds` gets a fault, and the caller goes on.

        Each call has a thread of its own, which ends with the process at the latest: a machine that drips bytes holds nobody up.
        """
        answers: list[Answered | None] = [None] * len(asked)
        threads = [threading.Thread(target=_fill, args=(answers, at, one, seconds), daemon=True) for at, one in enumerate(asked)]
        until = time.monotonic() + seconds
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        late = Answered(0, fault=f"no answer within {seconds:g} seconds")
        return [answer or late for answer in list(answers)]


def _fill(answers: list[Answered | None], at: int, asked: Asked, seconds: float) -> None:
    try:
        answers[at] = _post(asked, seconds)
    except (OSError, http.client.HTTPException, ValueError) as error:
        answers[at] = Answered(0, fault=f"no answer: {type(error).__name__} {error}".strip()[:300])


def _post(asked: Asked, seconds: float) -> Answered:
    parts = urlsplit(asked.url)
    host, path = parts.hostname or "", (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if parts.scheme == "https":
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, parts.port, timeout=seconds, context=ssl.create_default_context()
        )
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=seconds)
    try:
        connection.request("POST", path, asked.body, {"Content-Type": asked.kind, "User-Agent": _AGENT, "Connection": "close"})
        response = connection.getresponse()
        body = response.read(MOST_BYTES + 1)
        if len(body) > MOST_BYTES:
            return Answered(0, fault=f"an answer of more than {MOST_BYTES} bytes")
        return Answered(response.status, response.headers.get("Content-Type", ""), body)
    finally:
        connection.close()
