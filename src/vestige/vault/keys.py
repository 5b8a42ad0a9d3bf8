"""The keys of a home as actions want them: the recovery kit, a drill, a new key-encryption key, revocation, and what does not hold."""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from vestige.errors import BadInput, Fault, NotFound, VestigeError
from vestige.evidence.home import CameraKey, KitFacts, KitTrial, SharePage
from vestige.evidence.home import Fault as Found
from vestige.vault import provider, rewrap, shares
from vestige.vault.keks import FileStore, KekStore, key_bytes
from vestige.vault.keyring import Entry, Keyring, draw_into, new_name, usable
from vestige.vault.kit import Kit, NewKit, SealedCopy, check_numbers, cut
from vestige.vault.layout import Layout
from vestige.vault.live import LiveKeyring
from vestige.vault.local import LocalVault
from vestige.vault.service_store import SECOND
from vestige.vault.transfer import digest_of


def sealed_copy(home: Path) -> SealedCopy:
    """The sealed copy of the keyring, where it lies in a home."""
    return SealedCopy(home / "recovery" / "keyring.sealed")


class KeyHands:
    """Changes the keyring, its sealed copy and the key files, in an order in which nothing sealed is ever without its key.

    The sealed copy is written first, then the keyring file, then key files: at each moment the kit opens whatever is there.
    """

    def __init__(self, home: Path, keyring: LiveKeyring) -> None:
        """`home` holds the key files and the sealed copy."""
        self._home = home
        self._layout = Layout(home)
        self._keyring = keyring
        self._copy = sealed_copy(home)

    def report(self) -> Mapping[str, str | bool]:
        """Which library does the cryptography, where the keys lie, and whether any of it is validated."""
        report, kind = dict(self._keyring.store.report()), self._keyring.now().kind
        if kind != self._keyring.store.kind:
            place = "in the keyring file" if kind == FileStore.kind else f"in {kind}"
            report["keys"] = f"{place}, though VESTIGE_KEYRING names keys {report['keys']}; vestige keys rotate moves them there"
        return report

    def elsewhere(self) -> bool:
        """Whether new keys are made in a token or a key service."""
        return self._keyring.store.kind != FileStore.kind

    def kit(self) -> KitFacts | None:
        """The kit in force."""
        kit = self._keyring.now().kit
        return kit.facts if kit else None

    def cut(self, threshold: int, count: int, made: int, folder: Path) -> "Handing":
        """Cut a new kit, in memory. Refuses (BadInput) impossible numbers, and a folder for its shares that is not empty or in the home."""
        possible(threshold, count, folder, self._home)
        new = cut(threshold, count, made)
        bound = any(kind != FileStore.kind for kind in self._keyring.now().kinds)
        return Handing(
            new, folder, self._keyring.home, self._change, lambda name: self._draw(name, self._keyring.store, new.kit), bound=bound
        )

    def try_kit(self, pages: Sequence[Path], objects: Mapping[UUID, UUID]) -> KitTrial:
        """Rebuild the keyring in memory from shares and the sealed copy, and unseal one of the items (with their objects), by chance.

        Raises BadInput for shares that open nothing, Fault where the copy is not that of the keyring in use, what unsealing raises.
        """
        read = shares.read(pages)
        rebuilt = self._rebuilt([share.words for share in read])
        item = secrets.choice(sorted(objects)) if objects else None
        digest = None
        if item:
            with LocalVault(self._home, rebuilt).open(item, objects[item]) as reader:
                digest = digest_of(reader)
        return KitTrial(
            kit=rebuilt.kit.facts.id if rebuilt.kit else "",
            log_key=rebuilt.public_key(),
            succession=rebuilt.succession,
            fingerprints=frozenset(share.fingerprint for share in read if share.fingerprint),
            item=item,
            digest=digest,
        )

    def write_back(self, pages: Sequence[Path], to: Path) -> None:
        """Write the keyring that the shares give back to a file that is not there yet, outside the home. Raises BadInput."""
        if to.resolve().is_relative_to(self._home.resolve()):
            raise BadInput(f"{to} would lie inside the home: whoever copies the home would have its keys")
        home, entry = self._copy.open([share.words for share in shares.read(pages)])
        Keyring.write_back(to, home, usable(entry), self._seal)

    def names(self) -> Mapping[str, str]:
        """The key-encryption keys of the keyring: `current`, `old` or `revoked`."""
        keyring = self._keyring.now()
        return {name: _standing_of(name, keyring) for name in sorted(keyring.names)}

    def new_name(self) -> str:
        """A name for a key-encryption key that is to be drawn."""
        return new_name()

    def draw(self, name: str, *, to_file: bool = False) -> None:
        """Draw a key-encryption key of that name: the current one for every data key from now on. Raises Unavailable.

        `to_file` draws it in the keyring file, whatever VESTIGE_KEYRING names. Refuses (BadInput) a key elsewhere that no kit gives back.
        """
        self._draw(name, FileStore() if to_file else self._keyring.store)

    def _draw(self, name: str, store: KekStore, *further: Kit) -> None:
        def change(entry: Entry) -> None:
            kits = [Kit.decode(entry["kit"])] if "kit" in entry else []
            draw_into(entry, name, store, [*kits, *further])

        with self._layout.key_files_held(alone=True):  # whoever is writing a key file has done so before, and under the key before
            self._change(change)

    def standing(self) -> Mapping[str, int]:
        """How many key files stand under each key."""
        return rewrap.standing(self._layout)

    def rewrap(self, progress: Callable[[float], None]) -> tuple[int, int]:
        """Seal what stands under older keys anew; how many were, how many could not be. Raises Unavailable."""
        rewrap.sweep(self._layout)
        return rewrap.rewrap(self._layout, self._keyring, progress)

    def new_log_key(self) -> "NewLogKey":
        """Draw a signing key for the log, in memory."""
        keyring = self._keyring.now()
        return NewLogKey(provider.random_bytes(provider.KEY_BYTES), keyring.public_key(), keyring.sign, self._change)

    def retire(self, names: Sequence[str]) -> None:
        """Take keys under which nothing stands out of the keyring. No key file is ever written under them again."""

        def change(entry: Entry) -> None:
            for name in names:
                entry["keks"].pop(name, None)
                entry.get("recovery", {}).pop(name, None)

        self._change(change)

    def revoke(self, name: str, reason: str, at: int) -> None:
        """Mark a key revoked: it opens what stands under it, and is never again the current one."""

        def change(entry: Entry) -> None:
            entry.setdefault("revoked", {})[name] = {"reason": reason, "at": at}

        self._change(change)

    def camera_key(self) -> CameraKey | None:
        """The key under which cameras encrypt now, if the agency drew one."""
        entry = self._keyring.now().entry
        name = entry.get("camera_key")
        return CameraKey(name, provider.public_rsa(entry["camera_keys"][name])) if name else None

    def draw_camera_key(self) -> CameraKey:
        """Draw a key for cameras to encrypt under from now on; those of before stay, to open what stands under them."""
        name = "camera-" + provider.random_bytes(8).hex()
        private = provider.draw_rsa()

        def change(entry: Entry) -> None:
            entry.setdefault("camera_keys", {})[name] = private
            entry["camera_key"] = name

        self._change(change)
        return CameraKey(name, provider.public_rsa(private))

    def content_key(self, name: str, wrapped: bytes) -> bytes:
        """What a camera wrapped under the agency's key of that name; without a name every key is tried. Raises BadInput."""
        held: Mapping[str, str] = self._keyring.now().entry.get("camera_keys", {})
        if name and name not in held:
            raise BadInput(f"the keyring has no camera key {name[:100]!r}")
        for private in [held[name]] if name else list(held.values())[::-1]:
            try:
                return provider.unwrap_oaep(private, wrapped)
            except ValueError:
                continue
        raise BadInput("the content key was not wrapped for " + (f"the camera key {name}" if name else "any camera key of the keyring"))

    def faults(self) -> Iterator[Found]:
        """Key files under a revoked key, and a sealed copy that is missing or not that of this keyring."""
        keyring = self._keyring.now()
        for item, kek in rewrap.named(self._layout):
            if kek in keyring.revoked:
                yield Found(f"the key file stands under the revoked key {kek}; vestige keys rotate seals it anew", f"item {item}")
        if keyring.kit is None:
            return
        name = str(self._copy.path)
        try:
            head = self._copy.head()
        except VestigeError as error:
            yield Found(str(error), name)
            return
        if (head["home"], head["kit"]) != (str(keyring.home), keyring.kit.facts.id):
            yield Found("the sealed copy of the keyring is not that of the recovery kit in force", name)
        for missing in sorted(keyring.names - set(head["keks"])):
            yield Found(f"the sealed copy of the keyring has no key {missing}", name)
        yield from self._not_given_back(keyring, keyring.kit.facts.id)

    def _not_given_back(self, keyring: Keyring, kit: str) -> Iterator[Found]:
        """Keys in use that lie elsewhere and that the kit in force does not give back: if their token is lost, what they seal is lost."""
        used = {*self.standing(), keyring.current}
        for name in sorted(used & keyring.names):
            if keyring.kind_of(name) not in {FileStore.kind, SECOND} and kit not in keyring.entry.get("recovery", {}).get(name, {}):
                yield Found(
                    f"the recovery kit does not give the key {name} back, which lies elsewhere; vestige keys rotate draws one that it does",
                    name,
                )

    def _rebuilt(self, words: Sequence[str]) -> Keyring:
        home, entry = self._copy.open(words)
        rebuilt, keyring = Keyring.of(self._copy.path, home, entry), self._keyring.now()  # without a token: the kit alone is tried
        if home != keyring.home or rebuilt.public_key() != keyring.public_key() or not keyring.names <= rebuilt.names:
            raise Fault("the keyring that the shares give back is not the one in use")
        return rebuilt

    def _change(self, change: Callable[[Entry], None]) -> None:
        Keyring.change(self._keyring.path, self._keyring.home, change, self._seal)

    def _seal(self, entry: Entry) -> None:
        if "kit" in entry:
            self._copy.write(self._keyring.home, entry)


@dataclass(frozen=True, slots=True)
class NewLogKey:
    """A signing key of the log that is not in force yet, beside the one that is."""

    _seed: bytes = field(repr=False)
    old_public: bytes
    sign_old: Callable[[bytes], bytes] = field(repr=False)
    _change: Callable[[Callable[[Entry], None]], None] = field(repr=False)

    @property
    def public(self) -> bytes:
        """Its public half, 32 bytes."""
        return provider.public_ed25519(self._seed)

    def sign(self, message: bytes) -> bytes:
        """Its signature, 64 bytes."""
        return provider.sign_ed25519(self._seed, message)

    def put_in_force(self, note: str) -> None:
        """Take the old key's place, with the statement that says so. Refuses (BadInput) where another key did in between. Raises Unavailable."""

        def change(entry: Entry) -> None:
            if provider.public_ed25519(key_bytes(entry["log_key"])) != self.old_public:
                raise BadInput("the log's key was replaced by somebody else in between; nothing was done")
            entry["log_key"] = self._seed.hex()
            entry["succession"] = [*entry.get("succession", []), note]

        self._change(change)


@dataclass(frozen=True, slots=True)
class Handing:
    """A kit that was cut and is in nobody's hands yet."""

    _new: NewKit
    _folder: Path
    _home: UUID
    _change: Callable[[Callable[[Entry], None]], None]
    draw: Callable[[str], None]
    """Draws a key-encryption key of a name that this kit gives back too."""
    bound: bool
    """Whether some key lies elsewhere: then every data key is sealed anew, under a key that this kit gives back, before it is handed out."""

    @property
    def facts(self) -> KitFacts:
        """The kit's facts."""
        return self._new.kit.facts

    def hand_out(self, page: SharePage) -> None:
        """Write the shares, then the sealed copy, then put the kit in force. Raises BadInput, DiskFull, Unavailable."""

        def change(entry: Entry) -> None:
            entry["kit"] = self._new.kit.encode()
            for sealed in entry.get("recovery", {}).values():
                if self.facts.id in sealed:  # the shares of the kit before open nothing newer
                    for kit in [kit for kit in sealed if kit != self.facts.id]:
                        del sealed[kit]

        shares.write(self._folder, self._new, self._home, page)
        self._change(change)


def possible(threshold: int, count: int, folder: Path, home: Path) -> None:
    """Refuses (BadInput) numbers that make no kit, and a folder for its shares that holds something or lies inside the home."""
    check_numbers(threshold, count)
    if folder.resolve().is_relative_to(home.resolve()):
        raise BadInput(f"{folder} would lie inside the home: whoever copies the home would have its keys")
    shares.free(folder)


def rebuild(copy: SealedCopy, pages: Sequence[Path]) -> tuple[UUID, Entry]:
    """The home and its part of the keyring, from shares and a sealed copy. Raises BadInput, NotFound, Fault."""
    if not pages:
        raise NotFound("no share was given")
    return copy.open([share.words for share in shares.read(pages)])


def _standing_of(name: str, keyring: Keyring) -> str:
    if name == keyring.current:
        return "current"
    return "revoked" if name in keyring.revoked else "old"
