"""The log at `/log/`, as a stranger reads it over the network."""

import httpx
from tests import tlog_reader
from tests.jobs.test_duties import published, until
from tests.web.conftest import Server


def test_a_stranger_reads_the_whole_log_and_nothing_beside_it(server: Server) -> None:
    until(lambda: published(server.world.home) > 0)
    client = server.client()

    def get(path: str) -> bytes:
        answer = client.get(f"/log/{path}")
        assert answer.status_code == 200, path
        return answer.content

    found = tlog_reader.read(get)
    assert found.size == len(found.entries) > 0
    checkpoint = client.get("/log/checkpoint")
    assert checkpoint.headers["content-type"] == "text/plain; charset=utf-8"
    assert checkpoint.headers["cache-control"] == "no-cache"
    tile = client.get(f"/log/tile/0/000{'' if found.size >= 256 else f'.p/{found.size}'}")
    assert tile.headers["content-type"] == "application/octet-stream"
    assert "immutable" in tile.headers["cache-control"]
    for path in (
        "",
        ".new",
        "../settings.toml",
        "%2e%2e/settings.toml",
        "tile",
        "tile/0/999",
        "tile/0/%2e%2e/%2e%2e/checkpoint",
        "checkpoint/",
    ):
        assert httpx.get(f"{server.url}/log/{path}", follow_redirects=False).status_code == 404, path
    assert client.post("/log/checkpoint").status_code == 405
