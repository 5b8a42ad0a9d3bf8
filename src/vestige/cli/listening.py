"""A program of ours that answers the network, until it is stopped."""

from typing import Any


def listen(application: Any, host: str, port: int) -> None:  # noqa: ANN401  # an ASGI application, or where to import it from
    """Answer at that address and port: no more than three seconds for whoever is still being answered at the end."""
    import uvicorn

    uvicorn.run(
        application,
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        ws="none",
        log_level="warning",
        timeout_graceful_shutdown=3,
        server_header=False,
    )
