"""The recovery kit: a secret in k of n shares (SLIP-39), and the copy of the keyring that is sealed to it (custody format, section 8).

The copy is sealed to the kit's public half, so that it is written anew at each change of the keyring without anybody who holds a share.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from uuid import UUID

from shamir_mnemonic import MnemonicError, Share, combine_mnemonics, generate_mnemonics

from vestige.errors import BadInput, Fault, NotFound
from vestige.evidence.home import KitFacts
from vestige.vault import disk, provider
from vestige.vault.keks import key_bytes

_MOST = 16
_LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Kit:
    """The public side of a kit: it seals copies, and opens none."""

    facts: KitFacts
    public: bytes

    @classmethod
    def decode(cls, value: Mapping[str, Any]) -> Self:
        """A kit as a keyring holds it. Raises ValueError, KeyError, TypeError."""
        public = key_bytes(value["public"])
        facts = KitFacts(kit_id(public), int(value["threshold"]), int(value["shares"]), int(value["made"]))
        return cls(facts, public)

    def encode(self) -> dict[str, object]:
        """As a keyring holds it."""
        facts = self.facts
        return {"public": self.public.hex(), "threshold": facts.threshold, "shares": facts.shares, "made": facts.made}


@dataclass(frozen=True, slots=True)
class NewKit:
    """A kit that was just cut, with the words of each share: these exist here and on paper only."""

    kit: Kit
    words: tuple[str, ...] = field(repr=False)


def kit_id(public: bytes) -> str:
    """How a kit is called: hex of the first 8 bytes of the SHA-256 of its public key."""
    return hashlib.sha256(public).digest()[:8].hex()


def cut(threshold: int, shares: int, made: int) -> NewKit:
    """Draw a kit's secret and cut it into shares, any `threshold` of which give it back. Raises BadInput for numbers that make no kit."""
    check_numbers(threshold, shares)
    secret = provider.random_bytes(provider.KEY_BYTES)
    (words,) = generate_mnemonics(1, [(threshold, shares)], secret)
    public = provider.public_x25519(secret)
    return NewKit(Kit(KitFacts(kit_id(public), threshold, shares, made), public), tuple(words))


def check_numbers(threshold: int, shares: int) -> None:
    """Refuses (BadInput) numbers that make no kit."""
    if not 2 <= threshold <= shares <= _MOST:
        raise BadInput(f"a kit has 2 to {_MOST} shares, and takes 2 of them or more; {threshold} of {shares} is none")


def joined(words: Sequence[str]) -> bytes:
    """The kit's secret. Raises BadInput, saying which share is misspelt, of another kit, or that there are too few."""
    shares: dict[int, Share] = {}
    for number, text in enumerate(words, 1):
        try:
            share = Share.from_mnemonic(text)
        except MnemonicError as error:
            raise BadInput(f"share {number} of those given is misspelt or not whole: {error}") from error
        shares.setdefault(share.index, share)
    if not shares:
        raise BadInput("no share was given")
    needed = next(iter(shares.values())).member_threshold
    if len(shares) < needed:
        raise BadInput(f"this kit takes {needed} different shares; {len(shares)} were given")
    try:
        return bytes(combine_mnemonics([shares[index].mnemonic() for index in sorted(shares)[:needed]]))
    except MnemonicError as error:
        raise BadInput(f"these shares are not of one kit: {error}") from error


def for_kit(kit: Kit, name: str, instead: object) -> str:
    """A key that lies elsewhere, sealed for whoever has the shares of that kit, in hex."""
    return provider.seal_to(kit.public, json.dumps(instead).encode(), _about(name, kit.facts.id)).hex()


def given_back(entry: dict[str, Any], secret: bytes) -> dict[str, Any]:
    """A home's part of a keyring with every key that lies elsewhere and was sealed for the kit of that secret. Raises WrongTag, ValueError."""
    kit = kit_id(provider.public_x25519(secret))
    sealed = {name: kits[kit] for name, kits in entry.get("recovery", {}).items() if kit in kits}
    back = {name: json.loads(provider.open_sealed_to(secret, bytes.fromhex(one), _about(name, kit))) for name, one in sealed.items()}
    left = {name: kits for name, kits in entry.get("recovery", {}).items() if name not in sealed}
    rest = {name: value for name, value in entry.items() if name != "recovery"}
    return {**rest, "keks": entry["keks"] | back, **({"recovery": left} if left else {})}


def _about(name: str, kit: str) -> bytes:
    return _canonical({"v": 1, "kek": name, "kit": kit})


class SealedCopy:
    """The sealed copy of one home's keyring, a file that may lie anywhere: nobody opens it without the shares."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, home: UUID, entry: Mapping[str, Any]) -> None:
        """Seal the home's part of the keyring to its kit, durably, in place of the copy before. Raises DiskFull, Unavailable."""
        kit = Kit.decode(entry["kit"])
        head = {"v": 1, "home": str(home), "kit": kit.facts.id, "keks": sorted(entry["keks"])}
        sealed = provider.seal_to(kit.public, json.dumps(entry).encode(), _canonical(head))
        with disk.telling(self.path):
            self.path.parent.mkdir(mode=0o700, exist_ok=True)
            disk.fsync_folder(self.path.parent.parent)
            disk.write_durably(self.path, _canonical({**head, "sealed": sealed.hex()}))

    def head(self) -> dict[str, Any]:
        """What stands in clear: home, kit, names of the keys in it. Raises NotFound, Fault, Unavailable."""
        return self._read()[0]

    def open(self, words: Sequence[str]) -> tuple[UUID, dict[str, Any]]:
        """The home and its part of the keyring, with the keys themselves of those that lie elsewhere.

        Raises BadInput for shares that do not open it, NotFound, Fault, Unavailable.
        """
        head, sealed = self._read()
        secret = joined(words)
        if kit_id(provider.public_x25519(secret)) != head["kit"]:
            raise BadInput(
                f"{self.path} is opened by kit {head['kit']}, and these shares are of another; a kit that was replaced opens nothing newer"
            )
        try:
            entry = given_back(json.loads(provider.open_sealed_to(secret, sealed, _canonical(head))), secret)
        except (provider.WrongTag, ValueError, KeyError, AttributeError) as error:
            raise Fault(f"{self.path} is damaged: the right shares do not open it") from error
        return UUID(head["home"]), entry

    def _read(self) -> tuple[dict[str, Any], bytes]:
        try:
            value = json.loads(self._bytes())
            head = {name: value[name] for name in ("v", "home", "kit", "keks")}
            UUID(head["home"])
            return head, bytes.fromhex(value["sealed"])
        except (ValueError, KeyError, TypeError) as error:
            raise Fault(f"{self.path} is no sealed copy of a keyring: {error}") from error

    def _bytes(self) -> bytes:
        try:
            with self.path.open("rb") as file:
                return file.read(_LARGEST)
        except FileNotFoundError as error:
            raise NotFound(f"there is no sealed copy of a keyring at {self.path}") from error
        except OSError as error:
            raise disk.said(error, self.path) from error


def _canonical(value: Mapping[str, object]) -> bytes:
    """Canonical JSON: every value is plain ASCII, so sorted keys without spaces are."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
