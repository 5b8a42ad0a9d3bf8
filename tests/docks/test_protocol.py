"""Every call of the protocol, by python-swiftclient against a running server."""

import hashlib
import json
import re
import time
from email.utils import formatdate
from pathlib import Path

import httpx
import swiftclient
from tests.docks.conftest import UNKNOWN_CAMERA, Dock, World, status_of
from tests.docks.world import CAMERA, SPARE
from tests.test_home import vestige
from tests.web.conftest import serving

KINDS = {"bookmark": "bookmark_20261123T183001Z_17", "key": "20261123_183000_5F1B.key"}
TRAIL = {"CoordinateEntries": [{"LocationWKT": "POINT(-73.98 40.75)", "SecondsFromStart": 1.0, "Timestamp": "2026-11-23T18:30:01Z"}]}


def test_a_dock_signs_in_and_reads_what_it_may_send(dock: Dock) -> None:
    client = dock.connection()
    url, token = client.get_auth()
    assert url == f"{dock.url}/v1.0/{dock.account()}"
    assert token
    for root in ("v1", "v1.0"):
        base = f"{dock.url}/{root}/{dock.account()}"
        for name in ("Capabilities.json", "Categories.json"):
            headers, body = swiftclient.get_object(base, token, "System", name)
            assert headers["etag"] == hashlib.md5(body).hexdigest()
            assert swiftclient.head_object(base, token, "System", name)["etag"] == headers["etag"]
            value = json.loads(body)
            if name == "Capabilities.json":
                assert value["Store"]["StoreRejectedContent"] is True
                assert value["StoreAndRead"] == {"StoreReadSystemID": True}
            else:
                assert {"Name": "Use of force", "Id": "use of force"} in value
    assert status_of(lambda: client.get_object("System", "nothing.json")) == 404
    kinds = {str(row["type"]) for row in dock.rows("SELECT type FROM catalog_event")}
    assert {"dock:signed_in", "dock:read"} <= kinds


def test_a_wrong_credential_and_a_wrong_token_are_told_nothing(dock: Dock) -> None:
    wrong = swiftclient.Connection(authurl=dock.url + "/auth/v1.0", user=dock.account(), key="wrong", retries=0)
    assert status_of(wrong.get_auth) == 401
    assert httpx.get(f"{dock.url}/auth/v1.0").status_code == 401
    assert httpx.post(f"{dock.url}/auth/v1.0").status_code == 400
    base = f"{dock.url}/v1/{dock.account()}"
    for call in (
        lambda: swiftclient.get_object(base, "wrong", "System", "Capabilities.json"),
        lambda: swiftclient.put_container(base, "wrong", "container"),
        lambda: swiftclient.put_object(base, "wrong", "container", "object", b"x"),
        lambda: swiftclient.get_object(base, "wrong", "container", "object"),
        lambda: swiftclient.get_account(base, "wrong"),
    ):
        assert status_of(call) == 401


def test_a_recording_comes_in_by_clips_and_is_complete_when_the_dock_says_so(dock: Dock, clips: list[bytes]) -> None:
    client, name = dock.connection(), dock.record(TriggerOn="Button", TimeZone="America/New_York", BWCModel="Axis%20W102")
    url, token = client.get_auth()
    assert httpx.put(f"{url}/{name}", headers={"X-Auth-Token": token}).status_code == 202
    for number in (1, 0):  # not in their order
        clip = f"20261123_18300{2 * number}_5F1{number}.mp4"
        etag = client.put_object(name, clip, iter([clips[number][:70_000], clips[number][70_000:]]), content_type="video/mp4")
        assert etag == hashlib.md5(clips[number]).hexdigest()
        client.post_object(name, clip, {"X-Object-Meta-StartTime": f"2026112318300{2 * number}", "X-Object-Meta-StopTime": "x"})
    client.put_object(name, KINDS["bookmark"], "Foot pursuit, é".encode(), headers={"X-Object-Meta-CategoryName": "Use%20of%20force"})
    client.put_object(name, f"20261123_183000_5F10_{CAMERA}_gpstrail.json", json.dumps(TRAIL).encode())
    came = [row for row in dock.items() if row["recording"] == _recording(dock, clips[0])]
    recorded = dock.rows("SELECT category, access_class FROM catalog_recording WHERE id = ?", came[0]["recording"])
    assert recorded == [{"category": "use of force", "access_class": "restricted"}]
    assert {row["status"] for row in came} == {"accessioned"}
    assert [row["kind"] for row in came].count("video") == 2
    shown = vestige(dock.home, "show", came[0]["item"], "--as", "C200")[1][0]
    assert (shown["officer"], shown["device"], shown["recorded_at"]) == ("B100", CAMERA, "2026-11-23T18:30:00.000Z")
    assert shown["incomplete"] is True
    client.post_container(name, {"X-Container-Meta-Status": "Complete"})
    assert not dock.items()[0]["incomplete"]
    types = [row["type"] for row in vestige(dock.home, "trail", came[0]["item"], "--as", "C200")[1]]
    assert types[:2] == ["item:received", "item:accessioned"]
    assert dock.faults() == []


def test_the_same_again_stores_nothing_and_other_bytes_are_kept_beside(dock: Dock, clips: list[bytes]) -> None:
    client, name = dock.connection(), dock.record(at="20261122T100000Z")
    for body in (clips[0], clips[0], clips[1], clips[0], clips[1]):
        assert client.put_object(name, "20261122_100000_AA.mp4", body) == hashlib.md5(body).hexdigest()
    recording = dock.items()[-1]["recording"]
    assert [row["sha256"] for row in dock.items() if row["recording"] == recording] == [_sha(clips[0]), _sha(clips[1])]
    assert [row["kind"] for row in dock.findings()].count("other_bytes") == 1
    client.post_container(name, {"X-Container-Meta-Status": "Complete"})
    client.put_object(name, "20261122_100002_AB.mp4", clips[2])
    assert "after_complete" in {row["kind"] for row in dock.findings()}


def test_who_is_unknown_or_out_of_use_is_taken_and_kept_apart(dock: Dock, clips: list[bytes]) -> None:
    client = dock.connection()
    for user, serial, at, expected in (
        ("NOBODY", SPARE, "20261121T100000Z", {"user_unknown"}),
        ("B200", UNKNOWN_CAMERA, "20261121T110000Z", {"device_unknown"}),
        ("B200", CAMERA, "20261121T120000Z", {"officer_differs"}),
    ):
        before = len(dock.findings())
        name = dock.record(user, serial, at)
        client.put_object(name, f"{at[:8]}_{at[9:15]}_00.mp4", clips[0] + at.encode())
        newest = dock.items()[-1]
        kinds = {row["kind"] for row in dock.findings()}
        assert expected <= kinds
        assert newest["status"] == ("accessioned" if expected == {"officer_differs"} else "quarantined"), (expected, before)


def test_users_and_devices_are_announced_and_may_go_out_of_use(dock: Dock, clips: list[bytes]) -> None:
    client, user, serial = dock.connection(), "4b1c9d2e-8c1c-4a57-9f3a-1a2b3c4d5e6f", "B8A44F000003"
    client.put_object("System", "b7a1", b"", headers={"X-Object-Meta-ConnectionId": "17", "X-Object-Meta-SystemName": "Wharf%20St"})
    headers, body = client.get_object("System", "b7a1")
    assert (body, headers["x-object-meta-systemname"]) == (b"", "Wharf St")
    client.put_object("Users", user, b"", headers={"X-Object-Meta-UserID": "B200", "X-Object-Meta-Active": "true"})
    client.put_object("Devices", serial, b"", headers={"X-Object-Meta-Model": "W102", "X-Object-Meta-Active": "true"})
    name = dock.record(user, serial, "20261120T100000Z", UserID="")
    client.put_object(name, "20261120_100000_00.mp4", clips[1] + b"announced")
    newest = dock.items()[-1]
    assert newest["status"] == "accessioned"
    assert newest["officer"] == "B200"
    client.post_object("Devices", serial, {"X-Object-Meta-Active": "false"})
    client.put_object(name, "20261120_100010_00.mp4", clips[1] + b"out of use")
    assert dock.items()[-1]["status"] == "quarantined"
    client.post_object("Devices", serial, {"X-Object-Meta-Active": "true"})
    client.post_object("Users", user, {"X-Object-Meta-Active": "false", "X-Object-Meta-UserID": "B200"})
    client.put_object(name, "20261120_100020_00.mp4", clips[1] + b"user gone")
    assert dock.items()[-1]["status"] == "quarantined"
    assert {"device_disabled", "user_disabled"} <= {row["kind"] for row in dock.findings()}


def test_rejected_content_and_unknown_containers_are_taken(dock: Dock, clips: list[bytes]) -> None:
    client, name = dock.connection(), "RejectedContent_20261119T100000Z_4b1c9d2e-8c1c-4a57-9f3a-1a2b3c4d5e6f"
    client.put_container(name, {"X-Container-Meta-RejectedContentReason": "No%20such%20container"})
    client.put_object(name, "20261119_100000_00.mp4", clips[2] + b"rejected")
    assert dock.items()[-1]["status"] == "accessioned"
    assert next(row["detail"] for row in dock.findings() if row["kind"] == "rejected_content").startswith(
        "the camera system could not store this elsewhere: No such container"
    )
    client.put_container("something else")
    client.put_object("something else", "20261119_100000_00.mp4", clips[2] + b"unknown")
    assert dock.items()[-1]["status"] == "quarantined"


def test_metadata_of_a_container_is_joined_and_that_of_an_object_replaced(dock: Dock) -> None:
    client, name = dock.connection(), dock.record(at="20261118T100000Z", Note="one", Gone="soon")
    client.post_container(name, {"X-Container-Meta-Note": "", "X-Container-Meta-More": "x%C3%A9"})
    client.put_object(name, KINDS["bookmark"], b"text", headers={"X-Object-Meta-Tags": "a:b", "X-Object-Meta-CategoryID": "7"})
    client.post_object(name, KINDS["bookmark"], {"X-Object-Meta-Tags": "c:d"})
    from_home = vestige(dock.home, "trail", dock.items()[-1]["item"], "--as", "C200")[1]
    assert [row["type"] for row in from_home if row["type"] != "item:prepared"] == ["item:received", "item:accessioned", "dock:described"]
    import sqlite3

    database = sqlite3.connect(dock.home / "catalog.sqlite3")
    [[told]] = database.execute("SELECT said FROM catalog_dockcontainer WHERE name = ?", (name,)).fetchall()
    [[words]] = database.execute(
        "SELECT said FROM catalog_dockobject WHERE name = ? AND said LIKE '%c:d%'", (KINDS["bookmark"],)
    ).fetchall()
    database.close()
    assert {word: json.loads(told).get(word) for word in ("note", "gone", "more")} == {"note": None, "gone": "soon", "more": "xé"}
    assert json.loads(words) == {"Tags": "c:d"}


def test_one_dock_reads_nothing_back_and_never_reaches_anothers(dock: Dock, other: Dock, clips: list[bytes]) -> None:
    client, name = dock.connection(), dock.record(at="20261117T100000Z")
    client.put_object(name, "20261117_100000_00.mp4", clips[0] + b"mine")
    mine = dock.items()[-1]
    for call in (
        lambda: client.get_object(name, "20261117_100000_00.mp4"),
        lambda: client.head_object(name, "20261117_100000_00.mp4"),
        lambda: client.get_container(name),
        lambda: client.head_container(name),
        client.get_account,
        client.head_account,
    ):
        assert status_of(call) == 403
    assert status_of(lambda: client.delete_object(name, "20261117_100000_00.mp4")) == 405
    url, token = f"{dock.url}/v1/{dock.account()}", other.token()
    for call in (
        lambda: swiftclient.get_object(url, token, "System", "Capabilities.json"),
        lambda: swiftclient.put_container(url, token, name),
        lambda: swiftclient.post_container(url, token, name, {"X-Container-Meta-Status": "Complete"}),
        lambda: swiftclient.put_object(url, token, name, "20261117_100002_00.mp4", clips[1]),
        lambda: swiftclient.post_object(url, token, name, "20261117_100000_00.mp4", {"X-Object-Meta-x": "y"}),
    ):
        assert status_of(call) == 403
    theirs = other.record(at="20261117T100000Z")
    other.connection().put_object(theirs, "20261117_100002_00.mp4", clips[1] + b"theirs")
    newest = dock.items()[-1]
    assert newest["recording"] != mine["recording"]
    assert "recording_elsewhere" in {row["kind"] for row in dock.findings()}
    assert next(row for row in dock.items() if row["item"] == mine["item"])["incomplete"]
    assert status_of(lambda: dock.connection().put_object("no such container", "x", b"x")) == 404
    assert status_of(lambda: dock.connection().post_container("no such container", {"X-Container-Meta-x": "y"})) == 404
    assert status_of(lambda: dock.connection().post_object(name, "none", {"X-Object-Meta-x": "y"})) == 404


def test_a_revoked_dock_is_a_stranger_at_once(docks: World, served: str) -> None:
    gone = docks.dock(served, 2)
    client = gone.connection()
    client.put_container("x")
    assert vestige(docks.home, "dock", "revoke", "Closed station", "--as", "A100")[0] == 0
    assert status_of(lambda: client.put_container("y")) == 401
    assert status_of(gone.connection().get_auth) == 401


def test_without_leave_plain_http_is_answered_with_nothing(dock: Dock, tmp_path: Path) -> None:
    with serving(dock.home, tmp_path / "log.txt") as (url, _):
        headers = {"X-Auth-User": dock.account(), "X-Auth-Key": dock.file["BlobAPIKey"]}
        assert httpx.get(f"{url}/auth/v1.0", headers=headers).status_code == 403
        by_proxy = httpx.get(f"{url}/auth/v1.0", headers={**headers, "X-Forwarded-Proto": "https"})
        assert (by_proxy.status_code, by_proxy.headers["x-storage-url"][:6]) == (200, "https:")
        assert httpx.get(f"{url}/auth/v1.0", headers={**headers, "X-Forwarded-Proto": "https", "Host": "elsewhere"}).status_code == 403


def _recording(dock: Dock, clip: bytes) -> str:
    return str(next(row["recording"] for row in dock.items() if row["sha256"] == _sha(clip)))


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_a_date_in_the_sign_in_measures_the_docks_clock(dock: Dock) -> None:
    keys = {"X-Auth-User": dock.account(), "X-Auth-Key": dock.file["BlobAPIKey"]}
    for date in (formatdate(usegmt=True), "yesterday", formatdate(time.time() - 3600, usegmt=True)):
        assert httpx.get(dock.url + "/auth/v1.0", headers={**keys, "Date": date}).status_code == 200
    [words] = [one["detail"] for one in dock.findings() if one["kind"] == "dock_clock"]
    assert re.fullmatch(r"as it signed in the dock's clock was 360\d\.\d s behind by the server's", words)
