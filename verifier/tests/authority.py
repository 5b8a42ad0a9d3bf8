"""A time-stamping authority on this machine: `openssl ts`, with a root of its own."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

_CONFIG = """
[tsa]
default_tsa = here

[here]
serial = serial
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256, sha512
ess_cert_id_chain = no
"""
# `certs` is left out: openssl writes that set in an order that is not DER, and a strict reader refuses it


@dataclass(frozen=True)
class Authority:
    folder: Path

    @property
    def root(self) -> bytes:
        return (self.folder / "ca.pem").read_bytes()

    @property
    def own(self) -> bytes:
        return (self.folder / "tsa.pem").read_bytes()

    def stamp(self, text: bytes, *, certificate: bool = True, by: str = "sha256") -> bytes:
        (self.folder / "text").write_bytes(text)
        self.openssl("ts", "-query", "-data", "text", f"-{by}", *(["-cert"] if certificate else []), "-out", "query")
        self.openssl("ts", "-reply", "-config", "config", "-queryfile", "query", "-out", "token")
        return (self.folder / "token").read_bytes()

    def agrees(self, token: bytes, text: bytes) -> bool:
        """What `openssl ts -verify` says."""
        (self.folder / "text").write_bytes(text)
        (self.folder / "token").write_bytes(token)
        more = ["-CAfile", "ca.pem", "-untrusted", "tsa.pem"]
        command = ["openssl", "ts", "-verify", "-data", "text", "-in", "token", *more]
        return subprocess.run(command, cwd=self.folder, capture_output=True, check=False, timeout=60).returncode == 0

    def certify(self, usage: str, *serial: str) -> None:
        """Issue the authority's certificate for this purpose."""
        (self.folder / "extensions").write_text(f"extendedKeyUsage={usage}\nkeyUsage=critical,digitalSignature\n", "utf-8")
        signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-days", "3650", "-extfile", "extensions"]
        self.openssl("x509", "-req", "-in", "tsa.csr", "-out", "tsa.pem", *signed, *serial)

    def openssl(self, *words: str) -> None:
        subprocess.run(["openssl", *words], cwd=self.folder, capture_output=True, check=True, timeout=60)


def authority(folder: Path, name: str = "Clock") -> Authority:
    folder.mkdir(parents=True)
    made = Authority(folder)
    new = ["-newkey", "rsa:2048", "-nodes"]
    made.openssl("req", "-x509", *new, "-keyout", "ca.key", "-out", "ca.pem", "-subj", f"/CN={name} root", "-days", "3650")
    made.openssl("req", *new, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", f"/CN={name}")
    made.certify("critical,timeStamping", "-CAcreateserial")
    (folder / "serial").write_text("01\n", "utf-8")
    (folder / "config").write_text(_CONFIG, "utf-8")
    return made
