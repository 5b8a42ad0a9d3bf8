"""The one module behind which all cryptography of the vault sits: AES-256-GCM, HKDF-SHA256, Ed25519, HPKE, random bytes.

Another library (a validated one, a token) takes its place here and nowhere else.
"""

import os

import cryptography
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.backends.openssl import backend
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.base import Cipher
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat, load_pem_private_key

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16


class WrongTag(ValueError):
    """The bytes, the key, the nonce or the associated data are not those of the sealing."""


class Gcm:
    """AES-256-GCM under one key. Whoever seals answers for it that no nonce is used twice under that key."""

    __slots__ = ("_aead",)

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"an AES-256 key has {KEY_BYTES} bytes, not {len(key)}")
        self._aead = AESGCM(key)

    def seal(self, nonce: bytes, plain: bytes, associated_data: bytes) -> bytes:
        """Ciphertext and tag: `TAG_BYTES` longer than `plain`."""
        return self._aead.encrypt(nonce, plain, associated_data)

    def open(self, nonce: bytes, sealed: bytes, associated_data: bytes) -> bytes:
        """The plaintext. Raises WrongTag."""
        try:
            return self._aead.decrypt(nonce, sealed, associated_data)
        except (InvalidTag, ValueError) as error:
            raise WrongTag("the tag does not fit") from error

    def seal_into(self, nonce: bytes, plain: memoryview, out: memoryview) -> None:
        """Write ciphertext and tag to `out`, which is exactly `TAG_BYTES` longer than `plain`; no associated data."""
        self._aead.encrypt_into(nonce, plain, None, out)

    def open_into(self, nonce: bytes, sealed: memoryview, out: memoryview) -> None:
        """Write the plaintext to `out`, which is exactly `TAG_BYTES` shorter than `sealed`. Raises WrongTag; `out` is then worthless."""
        try:
            self._aead.decrypt_into(nonce, sealed, None, out)
        except (InvalidTag, ValueError) as error:
            raise WrongTag("the tag does not fit") from error


def hkdf_sha256(key: bytes, salt: bytes, info: bytes) -> bytes:
    """32 bytes derived by HKDF-SHA256 (RFC 5869)."""
    return HKDF(SHA256(), KEY_BYTES, salt, info).derive(key)


def random_bytes(count: int) -> bytes:
    """Bytes from the operating system's generator."""
    return os.urandom(count)


def draw_rsa() -> str:
    """A new RSA key of 2048 bits, as cameras take it: its private half in PEM (PKCS #8)."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_rsa(private: str) -> str:
    """The public half in PEM. Raises ValueError for what is no RSA key."""
    return _rsa(private).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def unwrap_oaep(private: str, wrapped: bytes) -> bytes:
    """What was wrapped by RSA-OAEP: with SHA-1, as `openssl rsautl -oaep` does, or with SHA-256. Raises ValueError."""
    key = _rsa(private)
    for algorithm in (SHA1(), SHA256()):  # noqa: S303  # OAEP's label and mask hash as the camera's maker has it, no signature
        try:
            return key.decrypt(wrapped, OAEP(mgf=MGF1(algorithm=algorithm), algorithm=algorithm, label=None))
        except ValueError:
            continue
    raise ValueError("it was not wrapped for this key")


class Cbc:
    """AES-256-CBC with PKCS #7 padding, from start to end. Raises ValueError for a key, a vector or an end that is none."""

    def __init__(self, key: bytes, vector: bytes) -> None:
        if len(key) != KEY_BYTES or len(vector) != 16:
            raise ValueError("AES-256-CBC takes a key of 32 bytes and a vector of 16")
        self._cipher = Cipher(AES(key), CBC(vector)).decryptor()
        self._padding = PKCS7(128).unpadder()

    def update(self, data: bytes | memoryview) -> bytes:
        """The plaintext that can be told by now."""
        return self._padding.update(self._cipher.update(data))

    def finalize(self) -> bytes:
        """The rest of it."""
        return self._padding.update(self._cipher.finalize()) + self._padding.finalize()


def _rsa(private: str) -> rsa.RSAPrivateKey:
    key = load_pem_private_key(private.encode(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("this is no RSA key")
    return key


def sign_ed25519(seed: bytes, message: bytes) -> bytes:
    """The 64-byte Ed25519 signature under the key of that 32-byte seed."""
    return Ed25519PrivateKey.from_private_bytes(seed).sign(message)


def public_ed25519(seed: bytes) -> bytes:
    """The 32-byte public key of that 32-byte seed."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def public_x25519(secret: bytes) -> bytes:
    """The 32-byte public key of a 32-byte X25519 secret."""
    return X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()


def seal_to(public_key: bytes, plain: bytes, info: bytes) -> bytes:
    """Seal for whoever holds the secret of that X25519 key: HPKE (RFC 9180) base mode, HKDF-SHA256, AES-256-GCM; `enc` comes first."""
    return _hpke().encrypt(plain, X25519PublicKey.from_public_bytes(public_key), info)


def open_sealed_to(secret: bytes, sealed: bytes, info: bytes) -> bytes:
    """What was sealed to the key of that secret. Raises WrongTag."""
    try:
        return _hpke().decrypt(sealed, X25519PrivateKey.from_private_bytes(secret), info)
    except (InvalidTag, ValueError) as error:
        raise WrongTag("not sealed to this key") from error


def _hpke() -> Suite:
    return Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def report() -> dict[str, str | bool]:
    """Which library does the cryptography. `fips_validated` is False: the wheel carries its own OpenSSL, which no certificate covers."""
    return {
        "library": "cryptography",
        "version": cryptography.__version__,
        "openssl": backend.openssl_version_text(),
        "fips_validated": False,
    }
