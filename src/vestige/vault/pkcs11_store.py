"""Key-encryption keys in a PKCS#11 token. Each is drawn here, sealed to the recovery kit, and put into the token, which gives it out no more.

A key that is made in a token is lost with the token, and all footage with it. So the key exists here for the moment of its making, and a
copy of it opens with the shares of the kit. What is sealed under it is sealed and opened inside the token from then on.
"""

import os
import stat
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from vestige.errors import NotInstalled, Unavailable
from vestige.evidence.key_place import Token
from vestige.vault import provider
from vestige.vault.keks import Drawn, Kek

if TYPE_CHECKING:
    import pkcs11

T = TypeVar("T")
PIN = "VESTIGE_PKCS11_PIN"
_PROCESS = threading.RLock()
"""A PKCS#11 library is one a process, and is called by one thread at a time."""


class TokenStore:
    """One token. It is opened when a key of it is first needed, and again where it was gone in between."""

    kind = "pkcs11"

    def __init__(self, token: Token) -> None:
        self._token = token
        self._session: pkcs11.Session | None = None

    def draw(self, name: str) -> Drawn:
        """Put 32 random bytes into the token as a key that it never gives out. Raises Unavailable."""
        value = provider.random_bytes(provider.KEY_BYTES)
        self.within(lambda session: _import(session, name, value))
        kek = TokenKek(self, name)
        nonce, sealed = kek.seal(value, b"")
        if provider.Gcm(value).open(nonce, sealed, b"") != value:
            raise Unavailable(f"the token {self._token.label} does not seal by AES-256-GCM; nothing was sealed under its key")
        return Drawn({self.kind: {"token": self._token.label, "label": name}}, instead=value.hex())

    def kek(self, held: object) -> Kek:
        """The key of which the keyring file holds the label. Raises ValueError for anything else."""
        if not isinstance(held, dict) or set(held) != {"token", "label"} or not all(isinstance(one, str) for one in held.values()):
            raise ValueError("not the label of a key in a token")
        return TokenKek(self, held["label"])

    def report(self) -> Mapping[str, str | bool]:
        """What seals footage, and which token holds the keys that seal keys. A certificate of the token, if it has one, is not looked at."""
        try:
            device = self.within(_device)
        except Unavailable as error:
            device = f"it cannot be used now: {error}"
        return {**provider.report(), "keys": f"in the token {self._token.label}; {device}"}

    def within(self, work: "Callable[[pkcs11.Session], T]") -> T:
        """Do something in the token, once more in a new session where it fails. Raises Unavailable; a wrong PIN is tried once only."""
        with _PROCESS:
            module = self._module()
            try:
                return work(self._opened(module))
            except module.error:
                self._forget(module)
            try:
                return work(self._opened(module))
            except module.error as error:
                self._forget(module)
                raise Unavailable(f"the token {self._token.label} cannot be used: {_said(error)}; nothing was done") from error

    def _module(self) -> "_Module":
        try:
            import pkcs11
        except ImportError as error:
            raise NotInstalled("VESTIGE_KEYRING names a token, but its client is not installed: pip install 'vestige[pkcs11]'") from error
        try:
            return _Module(pkcs11.lib(str(self._token.module)), pkcs11.PKCS11Error)
        except pkcs11.PKCS11Error as error:
            raise Unavailable(f"the PKCS#11 module {self._token.module} cannot be loaded: {_said(error)}") from error

    def _opened(self, module: "_Module") -> "pkcs11.Session":
        from pkcs11 import exceptions

        if self._session is not None:
            return self._session
        pin = self._pin()
        tried = (str(self._token.module), self._token.label, pin)
        if tried in _refusals():
            raise Unavailable(_refusals()[tried])
        token = module.client.get_token(token_label=self._token.label)
        try:
            self._session = token.open(rw=True, user_pin=pin)
        except exceptions.UserAlreadyLoggedIn:
            self._session = token.open(rw=True)
        except (
            exceptions.PinIncorrect,
            exceptions.PinLocked,
            exceptions.PinExpired,
            exceptions.PinInvalid,
            exceptions.PinLenRange,
        ) as error:
            words = f"the token {self._token.label} refuses its PIN ({_said(error)})"
            words += "; it is not tried again before a restart, so that it does not lock the token"
            _refusals()[tried] = words
            raise Unavailable(words) from error
        return self._session

    def _forget(self, module: "_Module") -> None:
        """Drop the session, and have the library look at its tokens anew."""
        if self._session is not None:
            with suppress(module.error):
                self._session.close()
        self._session = None
        with suppress(module.error):
            module.client.reinitialize()

    def _pin(self) -> str:
        path = self._token.pin_source
        if path is None:
            pin = os.environ.get(PIN, "")
            if not pin:
                raise Unavailable(f"there is no PIN for the token {self._token.label}: name a file with pin-source, or set {PIN}")
            return pin
        try:
            with path.open() as file:
                mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
                pin = file.read(1024).rstrip("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise Unavailable(f"the PIN of the token {self._token.label} cannot be read from {path}: {error}") from error
        if mode & 0o077:
            raise Unavailable(f"the PIN in {path} may be read by others (mode {mode:04o}); make it 0600 first: chmod 600 {path}")
        return pin


@cache
def _refusals() -> dict[tuple[str, str, str], str]:
    """By module, label and PIN: what the token said. A home that is opened again in this process must not use up the tries that are left."""
    return {}


@dataclass(frozen=True, slots=True)
class TokenKek:
    """A key in a token, found by its label. Nonces are random and drawn here, as for keys in the file: safe for 2^32 data keys."""

    _store: TokenStore = field(repr=False)
    label: str

    def seal(self, data_key: bytes, bound_to: bytes) -> tuple[bytes, bytes]:
        """AES-256-GCM in the token, under a random nonce. Raises Unavailable."""
        nonce = provider.random_bytes(provider.NONCE_BYTES)
        return nonce, self._store.within(lambda session: bytes(_key(session, self.label).encrypt(data_key, **_gcm(nonce, bound_to))))

    def open(self, nonce: bytes, sealed: bytes, bound_to: bytes) -> bytes:
        """The data key. Raises provider.WrongTag, Unavailable."""
        return self._store.within(lambda session: _decrypted(_key(session, self.label), nonce, sealed, bound_to))


class _Key(Protocol):
    def encrypt(self, data: bytes, **how: object) -> bytes: ...
    def decrypt(self, data: bytes, **how: object) -> bytes: ...


@dataclass(frozen=True, slots=True)
class _Module:
    client: Any
    error: type[Exception]


def _decrypted(key: _Key, nonce: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    """What the token opens. Tokens disagree on the error for a wrong tag, so one that opens its own sealing just then says: wrong tag."""
    from pkcs11 import PKCS11Error

    try:
        return bytes(key.decrypt(sealed, **_gcm(nonce, bound_to)))
    except PKCS11Error as error:
        own, plain = provider.random_bytes(provider.NONCE_BYTES), provider.random_bytes(provider.KEY_BYTES)
        if bytes(key.decrypt(key.encrypt(plain, **_gcm(own, b"")), **_gcm(own, b""))) != plain:
            raise
        raise provider.WrongTag("the tag does not fit") from error


def _key(session: "pkcs11.Session", label: str) -> _Key:
    from pkcs11 import KeyType, ObjectClass

    found: Any = session.get_key(object_class=ObjectClass.SECRET_KEY, key_type=KeyType.AES, label=label)
    return cast("_Key", found)


def _gcm(nonce: bytes, bound_to: bytes) -> dict[str, Any]:
    from pkcs11 import GCMParams, Mechanism

    return {"mechanism": Mechanism.AES_GCM, "mechanism_param": GCMParams(nonce, bound_to, provider.TAG_BYTES * 8)}


def _import(session: "pkcs11.Session", label: str, value: bytes) -> None:
    """Put a key into the token: private, sensitive, not extractable, good for sealing and opening only."""
    from pkcs11 import Attribute, KeyType, ObjectClass

    kind = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.AES, Attribute.LABEL: label}
    for left in list(session.get_objects(kind)):  # by an import that failed a moment ago: the name is random
        left.destroy()
    may = dict.fromkeys((Attribute.TOKEN, Attribute.PRIVATE, Attribute.SENSITIVE, Attribute.ENCRYPT, Attribute.DECRYPT), True)
    never = dict.fromkeys((Attribute.EXTRACTABLE, Attribute.MODIFIABLE, Attribute.WRAP, Attribute.UNWRAP), False)
    session.create_object({**kind, **may, **never, Attribute.VALUE: value})


def _device(session: "pkcs11.Session") -> str:
    token = session.token
    return f"{token.manufacturer_id.strip()} {token.model.strip()}, serial {token.serial.decode(errors='replace').strip()}"


def _said(error: Exception) -> str:
    return f"{type(error).__name__} {error}".strip()
