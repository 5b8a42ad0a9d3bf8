"""The witness over HTTP: `POST /add-checkpoint` as C2SP tlog-witness says, and a page of plain text at `/` for people."""

import sys
import time
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from vestige.errors import VestigeError
from vestige.witness.book import Answer, Book

MOST_BYTES = 64 << 10


def seconds() -> int:
    """Seconds since 1970 UTC, by the system's clock."""
    return int(time.time())


def application(book: Book, now: Callable[[], int] = seconds) -> Starlette:
    """The program of one folder. Bodies over 64 KiB are refused with 413; what the folder cannot do is 503, and nothing is cosigned."""

    async def add_checkpoint(request: Request) -> Response:
        try:
            data = await _body(request)
        except ClientDisconnect:
            return PlainTextResponse("the request broke off\n", 400)
        if data is None:
            return PlainTextResponse(f"a request has at most {MOST_BYTES} bytes\n", 413)
        answer = await run_in_threadpool(_receive, book, data, now)
        return Response(answer.body, answer.status, media_type=None, headers={"content-type": answer.kind})

    async def page(_: Request) -> Response:
        return PlainTextResponse(await run_in_threadpool(_page, book))

    return Starlette(routes=[Route("/add-checkpoint", add_checkpoint, methods=["POST"]), Route("/", page, methods=["GET"])])


async def _body(request: Request) -> bytes | None:
    """The body, or None when it is too long: what is over the limit is never held."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MOST_BYTES:
            return None
    return bytes(data)


def _receive(book: Book, data: bytes, now: Callable[[], int]) -> Answer:
    try:
        answer = book.receive(data, now)
    except VestigeError as error:
        answer = Answer(503, "text/plain; charset=utf-8", "this witness cannot answer now\n", str(error))
    sys.stderr.write(f"{answer.status} {answer.words}\n")
    return answer


def _page(book: Book) -> str:
    lines = [
        "This is a witness. It keeps the newest checkpoint of each log below and signs only what continues it.",
        f"Its verifier key: {book.key}",
        "",
    ]
    try:
        for origin in sorted({key.name for key in book.logs()}):
            note = book.newest(origin)
            lines += [str(note)] if note else [f"{origin}\nnothing cosigned yet\n"]
    except VestigeError:
        return "this witness cannot read its folder now\n"
    return "\n".join(lines)
