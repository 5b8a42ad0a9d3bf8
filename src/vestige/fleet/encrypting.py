"""As a camera encrypts: AES-256-CBC under a key of the clip's own, which a key object holds under the agency's public key."""

import base64
import json
import random
from collections.abc import Callable, Iterator

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from vestige.errors import BadInput


class Encryption:
    """The agency's public key (PEM) and its id. The content keys are drawn from a seed: what is simulated is no secret."""

    def __init__(self, public: str, key_id: str, seed: int) -> None:
        """Raises BadInput for a key that is no RSA key."""
        key = load_pem_public_key(public.encode())
        if not isinstance(key, rsa.RSAPublicKey):
            raise BadInput("cameras encrypt under an RSA key only")
        self._public, self._id, self._seed = key, key_id, seed

    def of(self, name: str, pieces: Callable[[], Iterator[bytes]]) -> tuple[Callable[[], Iterator[bytes]], bytes]:
        """The encrypted bytes, the same each time, and the key object that opens them."""
        drawn = random.Random(f"{self._seed} {name}")  # noqa: S311  # a simulation, no secret
        content, vector = drawn.randbytes(32), drawn.randbytes(16)

        def encrypted() -> Iterator[bytes]:
            cipher, pad = Cipher(algorithms.AES(content), modes.CBC(vector)).encryptor(), PKCS7(128).padder()
            for piece in pieces():
                yield cipher.update(pad.update(piece))
            yield cipher.update(pad.finalize()) + cipher.finalize()

        oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)  # noqa: S303  # as the maker's script has it
        told = {
            "EncryptedKey": base64.b64encode(self._public.encrypt(content, oaep)).decode(),
            "ContentEncryptionIV": base64.b64encode(vector).decode(),
            "PublicKeyId": self._id,
        }
        return encrypted, json.dumps(told).encode()
