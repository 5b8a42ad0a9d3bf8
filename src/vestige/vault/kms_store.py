"""Key-encryption keys that are a key of AWS KMS, each with a second sealing for the recovery kit."""

from collections.abc import Mapping

from vestige.errors import Unavailable
from vestige.vault import provider
from vestige.vault.keks import Drawn, Kek, key_bytes
from vestige.vault.service_store import SECOND, KeyService, ServiceKek


class KmsStore:
    """One key of AWS KMS. The agency makes and replaces it there; a new name here is a new pair for the second sealing."""

    kind = "awskms"

    def __init__(self, arn: str, service: KeyService) -> None:
        self._arn = arn
        self._service = service

    def draw(self, name: str) -> Drawn:
        """Draw a pair for the second sealing, after the service has sealed and opened something. Raises Unavailable."""
        trial, context = provider.random_bytes(provider.KEY_BYTES), {"trial": name}
        if self._service.decrypt(self._arn, self._service.encrypt(self._arn, trial, context), context) != trial:
            raise Unavailable(f"{self._arn} does not give back what it sealed; nothing was sealed under it")
        secret = provider.random_bytes(provider.KEY_BYTES)
        held = {"key": self._arn, SECOND: provider.public_x25519(secret).hex()}
        return Drawn({self.kind: held}, instead={SECOND: secret.hex()})

    def kek(self, held: object) -> Kek:
        """The key of that ARN. Raises ValueError for anything else."""
        if not isinstance(held, dict) or set(held) != {"key", SECOND} or not isinstance(held["key"], str):
            raise ValueError("not a key of AWS KMS")
        return ServiceKek(self._service, held["key"], key_bytes(held[SECOND]))

    def report(self) -> Mapping[str, str | bool]:
        """What seals footage, and which key of the service seals its keys."""
        return {**provider.report(), "keys": f"sealed by {self._service.report(self._arn)}"}
