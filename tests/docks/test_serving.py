"""TLS with the agency's certificate, a full disk, gigabytes, and what the pages show of what docks sent."""

import base64
import hashlib
import os
import resource
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
import swiftclient
from tests.beside import make_certificate, openssl
from tests.budget import budget, how_far
from tests.conftest import ROOT
from tests.docks.conftest import Dock, World, make_world, signed_in, status_of
from tests.docks.world import CAMERA
from tests.test_home import vestige
from tests.web.conftest import environment, free_port, serving, token

CHUNK = 1 << 20


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("served"))


def test_docks_send_by_tls_to_the_agencys_own_certificate(world: World, tmp_path: Path, clips: list[bytes]) -> None:
    with _by_tls(world, tmp_path) as (url, certificate):
        dock = world.dock(url)
        client = swiftclient.Connection(
            authurl=f"{url}/auth/v1.0", user=dock.account(), key=dock.file["BlobAPIKey"], cacert=str(certificate), retries=0
        )
        assert client.get_auth()[0] == f"{url}/v1.0/{dock.account()}"
        name = f"B100_{CAMERA}_20261020T100000Z"
        client.put_container(name)
        assert client.put_object(name, "20261020_100000_1.mp4", clips[0]) == hashlib.md5(clips[0]).hexdigest()
        assert (
            status_of(swiftclient.Connection(authurl=f"{url}/auth/v1.0", user="x", key="y", cacert=str(certificate), retries=0).get_auth)
            == 401
        )


def test_a_dock_bound_to_a_certificate_shows_it_with_every_call(world: World, tmp_path: Path, clips: list[bytes]) -> None:
    first, second = make_certificate(tmp_path / "first", "first"), _issued(tmp_path)
    assert vestige(world.home, "dock", "certificate", "Fourth Precinct", str(first), "--as", "A100")[0] == 0
    with _by_tls(world, tmp_path) as (url, trusted):
        bound, other = world.dock(url, 1), world.dock(url)

        def client(dock: Dock, proof: Path | None = None) -> swiftclient.Connection:
            pair = {"cert": str(proof), "cert_key": str(proof.with_suffix(".key"))} if proof else {}
            return swiftclient.Connection(
                f"{url}/auth/v1.0", dock.account(), dock.file["BlobAPIKey"], cacert=str(trusted), retries=0, **pair
            )

        name = f"B100_{CAMERA}_20261020T110000Z"
        proven = client(bound, first)
        proven.put_container(name)
        assert proven.put_object(name, "20261020_110000_1.mp4", clips[1]) == hashlib.md5(clips[1]).hexdigest()
        assert status_of(client(bound).get_auth) == 401
        with httpx.Client(verify=ssl.create_default_context(cafile=trusted), headers={"X-Auth-Token": str(proven.token)}) as bare:
            for spoofed in ({}, {"X-SSL-Client-Cert": quote(first.read_text())}):
                assert bare.put(f"{proven.url}/{name}/20261020_110002_1.mp4", content=clips[2], headers=spoofed).status_code == 401
            assert bare.get(f"{url}/sign-in").status_code == 200  # who has no certificate is asked for none
        client(other).put_container(name)
        pair = base64.b64encode(f"{bound.account()}:{bound.file['BlobAPIKey']}".encode()).decode()
        head = {"Authorization": f"Basic {pair}", "Tus-Resumable": "1.0.0", "Upload-Length": "1"}
        assert _post(url, trusted, head, None) == 401
        assert _post(url, trusted, head, first) == 201
        with pytest.raises(httpx.TransportError):
            _post(url, trusted, head, second)  # a certificate that is no dock's: no connection
        [finding] = [one for one in bound.findings() if one["kind"] == "dock_certificate"]
        assert "Fourth Precinct" in finding["detail"]

        assert vestige(world.home, "dock", "certificate", "Fourth Precinct", str(second), "--as", "A100")[0] == 0
        assert _post(url, trusted, head, first) == 401
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                assert _post(url, trusted, head, second) == 201
            except httpx.TransportError:
                time.sleep(0.2)
            else:
                break
        assert client(bound, second).put_object(name, "20261020_110002_1.mp4", clips[2]) == hashlib.md5(clips[2]).hexdigest()
    told = [str(row["fields"]) for row in other.rows("SELECT fields FROM catalog_openings")]
    assert any("without its certificate" in one and '"count"' in one for one in told)  # beside the failed sign-ins of strangers
    code, [unbound], _ = vestige(world.home, "dock", "certificate", "Fourth Precinct", "--none", "--as", "A100")
    assert (code, unbound["certificate_sha256"]) == (0, "")
    assert other.faults() == []


def _issued(folder: Path) -> Path:
    """A certificate that an authority of the agency issued, for clients only, and its key."""
    authority = make_certificate(folder / "authority", "authority")
    (folder / "usage").write_text("extendedKeyUsage=clientAuth\nbasicConstraints=CA:FALSE\n")
    asked = ("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "issued.key", "-out", "issued.csr", "-subj", "/CN=dock")
    signed = ("x509", "-req", "-in", "issued.csr", "-CA", authority, "-CAkey", "authority.key", "-CAcreateserial", "-days", "2")
    for words in (asked, (*signed, "-extfile", "usage", "-out", "issued.pem")):
        subprocess.run([openssl(), *words], cwd=folder, capture_output=True, check=True, timeout=60)
    return folder / "issued.pem"


def _post(url: str, trusted: Path, headers: dict[str, str], proof: Path | None) -> int:
    """A tus upload is begun; the answer's status."""
    context = ssl.create_default_context(cafile=trusted)
    if proof:
        context.load_cert_chain(proof, proof.with_suffix(".key"))
    with httpx.Client(verify=context, timeout=60) as client:
        return client.post(f"{url}/uploads", headers=headers).status_code


@contextmanager
def _by_tls(world: World, folder: Path) -> Iterator[tuple[str, Path]]:
    """A server that speaks TLS itself, with a certificate of its own; its address, and that certificate."""
    certificate = make_certificate(folder / "localhost", "localhost")
    port = free_port()
    more = environment(VESTIGE_TLS_CERTIFICATE=str(certificate), VESTIGE_TLS_KEY=str(certificate.with_suffix(".key")))
    command = [sys.executable, "-m", "vestige.cli.main", "--home", str(world.home), "serve", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=more, stderr=subprocess.PIPE, text=True)
    try:
        _wait(f"https://localhost:{port}", certificate)
        yield f"https://localhost:{port}", certificate
    finally:
        process.terminate()
        _, said = process.communicate(timeout=30)
    assert "IN CLEAR" not in said
    assert "Traceback" not in said


def test_a_certificate_and_a_key_that_do_not_fit_are_told(world: World, tmp_path: Path) -> None:
    (tmp_path / "tls.pem").write_text("nothing")
    more = environment(VESTIGE_TLS_CERTIFICATE=str(tmp_path / "tls.pem"), VESTIGE_TLS_KEY=str(tmp_path / "tls.pem"))
    command = [sys.executable, "-m", "vestige.cli.main", "--home", str(world.home), "serve", "--port", "0"]
    done = subprocess.run(command, cwd=ROOT, env=more, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 2
    assert "cannot be used together" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_full_disk_is_507_and_the_retry_is_whole(world: World, tmp_path: Path) -> None:
    body = os.urandom(CHUNK) * 12
    with serving(world.home, tmp_path / "log.txt", VESTIGE_ALLOW_HTTP="1") as (url, process):
        assert "IN CLEAR" in (tmp_path / "log.txt").read_text()
        dock = world.dock(url)
        name, before = dock.record(at="20261021T100000Z"), len(dock.items())
        limits = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (8 * CHUNK, limits[1]))  # no file grows beyond that: EFBIG
        assert status_of(lambda: dock.connection().put_object(name, "20261021_100000_1.mp4", body)) == 507
        assert len(dock.items()) == before
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, limits)
        assert dock.connection().put_object(name, "20261021_100000_1.mp4", body) == hashlib.md5(body).hexdigest()
        assert len(dock.items()) == before + 1
    assert dock.faults() == []


def test_a_large_clip_of_unknown_length_comes_in_with_bounded_memory_and_is_never_spooled(world: World, tmp_path: Path) -> None:
    size = (2_048 if budget() <= 0 else 192) * CHUNK
    with serving(world.home, tmp_path / "log.txt", VESTIGE_ALLOW_HTTP="1") as (url, process):
        dock = world.dock(url)
        name = dock.record(at="20261022T100000Z")
        dock.connection().put_object(name, "bookmark_1_1", b"so that all is warm")
        before, checksum, begun = _peak(process.pid), hashlib.md5(), time.monotonic()

        def chunks() -> Iterator[bytes]:
            piece = os.urandom(CHUNK)
            for number in range(size // CHUNK):
                whole = number.to_bytes(8, "big") + piece[8:]
                checksum.update(whole)
                yield whole

        etag = dock.connection().put_object(name, "20261022_100000_1.bin", chunks())
        assert etag == checksum.hexdigest()
        seconds = time.monotonic() - begun
        grown = _peak(process.pid) - before
        assert grown < 96 << 20
        how_far(f"{size >> 20} MiB in {seconds:.1f} s, memory grew by {grown >> 20} MiB")
    [row] = [one for one in dock.items() if one["filename"] == "20261022_100000_1.bin"]
    assert row["status"] == "quarantined"


def test_the_pages_show_what_is_incomplete_and_what_came_beside_the_footage(world: World, tmp_path: Path, clips: list[bytes]) -> None:
    with serving(world.home, tmp_path / "log.txt", VESTIGE_ALLOW_HTTP="1") as (url, _), httpx.Client(base_url=url, timeout=60) as browser:
        dock = world.dock(url)
        name = dock.record(at="20261023T100000Z")
        client = dock.connection()
        client.put_object(name, "20261023_100000_1.mp4", clips[1] + b"shown")
        client.put_object(name, "bookmark_20261023T100001Z_1", b"Foot <b>pursuit</b>", headers={"X-Object-Meta-CategoryName": "Arrest"})
        signed_in(browser, world)
        listed = browser.get("/recordings").text
        assert "Incomplete" in listed
        number = dock.rows("SELECT number FROM catalog_recording ORDER BY id DESC LIMIT 1")[0]["number"]
        shown = browser.get(f"/recordings/{number}").text
        assert "The dock has not said yet" in shown
        assert "a bookmark (Arrest): “Foot &lt;b&gt;pursuit&lt;/b&gt;”" in shown
        client.post_container(name, {"X-Container-Meta-Status": "Complete"})
        assert "The dock has not said yet" not in browser.get(f"/recordings/{number}").text
        alone = dock.record(at="20261024T100000Z")
        client.put_object(alone, "bookmark_20261024T100001Z_1", b"before any footage")
        number = dock.rows("SELECT number FROM catalog_recording ORDER BY id DESC LIMIT 1")[0]["number"]
        shown = browser.get(f"/recordings/{number}")
        assert shown.status_code == 200
        assert "No footage of this recording has come in yet." in shown.text
        assert "before any footage" in shown.text
        assert "No footage yet" in browser.get("/recordings").text


def test_a_custodian_joins_what_two_docks_sent_of_one_activation(world: World, tmp_path: Path, clips: list[bytes]) -> None:
    with serving(world.home, tmp_path / "log.txt", VESTIGE_ALLOW_HTTP="1") as (url, _), httpx.Client(base_url=url, timeout=60) as browser:
        for number, minute in ((0, "00"), (1, "05")):
            dock = world.dock(url, number)
            name = dock.record(at="20261025T100000Z")
            dock.connection().put_object(name, f"20261025_10{minute}00_1.mp4", clips[number] + b"docked twice")
        signed_in(browser, world, "V901")
        query = "SELECT number FROM catalog_recording ORDER BY id DESC LIMIT 2"
        second, first = (str(row["number"]) for row in dock.rows(query))
        assert f"Join into {first}" in browser.get(f"/recordings/{second}").text
        sent = {"into": first, "reason": "docked twice", "csrfmiddlewaretoken": token(browser, f"/recordings/{second}")}
        answer = browser.post(f"/recordings/{second}/join", data=sent)
        assert (answer.status_code, answer.headers["location"]) == (302, f"/recordings/{first}")
        whole = browser.get(f"/recordings/{first}").text
        assert "The recordings are one now." in whole
        assert "20261025_100000_1.mp4" in whole
        assert "20261025_100500_1.mp4" in whole
        assert f'belongs to <a href="/recordings/{first}">' in browser.get(f"/recordings/{second}").text
        assert f"/recordings/{second}" not in browser.get("/recordings").text
        browser.post(f"/recordings/{second}/join", data=sent)
        assert "was joined before" in browser.get(f"/recordings/{second}").text
    code, _, said = vestige(world.home, "join", second, "--into", first, "--reason", "again", "--as", "C200")
    assert (code, "was joined before" in said) == (2, True)
    assert vestige(world.home, "fsck")[:2] == (0, [])


def _peak(pid: int) -> int:
    """The largest memory of that process so far, in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM:"))


def _wait(url: str, certificate: Path) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        try:
            httpx.get(f"{url}/static/icon.svg", verify=ssl.create_default_context(cafile=certificate))
        except httpx.TransportError:
            time.sleep(0.2)
        else:
            return
    pytest.fail("the server did not start")
