"""The log as files, for anybody: what it shows is how many entries there are, of which types and when; nothing of whom or of what."""

import re
from functools import cached_property
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from vestige.web import hands, headers

_NAMES = re.compile(r"checkpoint|tile/(?:entries|[0-9]{1,2})/(?:x[0-9]{3}/)*[0-9]{3}(?:\.p/[0-9]{1,3})?")
_FOR_EVER = "public, max-age=31536000, immutable"


class LogFiles:
    """Answers for what lies under `/log/`: checkpoint, tiles and bundles as C2SP tlog-tiles wants them, and nothing else."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        answer = await self._answer(scope)
        await answer(scope, receive, send)

    @cached_property
    def _files(self) -> StaticFiles | None:
        folder: Path | None = hands.log_folder()
        return StaticFiles(directory=folder, check_dir=False) if folder else None

    async def _answer(self, scope: Scope) -> Response:
        name = scope["path"].removeprefix("/log/")
        given = {**headers.COMMON, "Cross-Origin-Resource-Policy": "cross-origin", "Access-Control-Allow-Origin": "*"}
        if self._files is None or not _NAMES.fullmatch(name):
            return PlainTextResponse("There is nothing here.", 404, headers=given)
        try:
            answer = await self._files.get_response(name, scope)
        except HTTPException as error:
            return PlainTextResponse(error.detail, error.status_code, headers=given)
        mutable = name == "checkpoint"
        kind = "text/plain; charset=utf-8" if mutable else "application/octet-stream"
        answer.headers.update({**given, "Content-Type": kind, "Cache-Control": "no-cache" if mutable else _FOR_EVER})
        return answer
