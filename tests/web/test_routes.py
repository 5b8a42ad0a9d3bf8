"""The one table of routes is what is served."""

import json
import subprocess
import sys

from tests.conftest import ROOT
from tests.web.conftest import Server, World, environment

_LOOK = """
import json, sys
import vestige.web.asgi as asgi
from vestige.web.routes import PAGES, BYTES, listed
from vestige.web.urls import urlpatterns
from vestige.web.bytes.app import bytes_app
print(json.dumps({
    "listed": listed(),
    "django": ["/" + str(one.pattern) for one in urlpatterns],
    "starlette": [[one.path, sorted(one.methods)] for one in (*bytes_app().routes, *asgi.docks_app().routes, *asgi.uploads_app().routes)],
    "heavy": sorted({"av", "numpy", "onnxruntime", "PIL"} & set(sys.modules)),
}))
"""


def test_what_is_served_is_what_is_listed_and_nothing_heavy_is_loaded(world: World) -> None:
    env = environment(VESTIGE_HOME=str(world.home))
    done = subprocess.run([sys.executable, "-c", _LOOK], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    ours = [route for route in found["listed"] if "action" in route]
    assert sorted(route["path"] for route in ours) == sorted([*found["django"], *(path for path, _ in found["starlette"])])
    assert {route["path"] for route in ours if route.get("public")} == {"/sign-in", "/join/<str:token>", "/auth/v1.0"}
    assert [
        [route["path"], sorted(route["methods"])] for route in ours if route["path"].startswith(("/bytes/", "/auth/", "/v1", "/uploads"))
    ] == found["starlette"]
    assert found["heavy"] == []


def test_every_route_that_is_not_public_answers_strangers_with_nothing(server: Server) -> None:
    from_strangers = {
        "/": 302,
        "/findings": 302,
        "/people": 302,
        "/recordings": 302,
        "/recordings/x": 302,
        "/items/x": 302,
        "/items/x/trail": 302,
    }
    stranger = server.client()
    for path, status in from_strangers.items():
        assert stranger.get(path).status_code == status
        assert stranger.get(path).content == b""
    unknown = "00000000-0000-7000-8000-000000000000"
    for path in (f"/bytes/posters/{unknown}", f"/bytes/viewings/{unknown}/items/{unknown}"):
        assert stranger.get(path).status_code == 404
