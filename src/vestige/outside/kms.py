"""AWS KMS: sealing and opening under a key that the agency named, at the address that its own configuration of the client gives."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vestige.errors import NotInstalled, Tampered, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

_CONNECT_S, _READ_S, _ATTEMPTS = 3, 10, 3
_WORDS = {
    "AccessDeniedException": "the service does not let this account use the key",
    "DisabledException": "the key is disabled",
    "KMSInvalidStateException": "the key is not in use (disabled, or on its way to deletion)",
    "NotFoundException": "there is no such key",
    "ThrottlingException": "the service asks for fewer calls; try again in a while",
    "LimitExceededException": "the service asks for fewer calls; try again in a while",
}


class Kms:
    """The service, in the region that stands in a key's ARN. Credentials are those that boto3 finds: environment, profile, the machine's role."""

    def __init__(self) -> None:
        self._clients: dict[str, Any] = {}

    def encrypt(self, key: str, plain: bytes, context: Mapping[str, str]) -> bytes:
        """The service's own form. Raises Unavailable, NotInstalled."""
        return bytes(
            self._asked(key, lambda client: client.encrypt(KeyId=key, Plaintext=plain, EncryptionContext=dict(context)))["CiphertextBlob"]
        )

    def decrypt(self, key: str, sealed: bytes, context: Mapping[str, str]) -> bytes:
        """What was sealed under that key in that context. Raises Tampered where it was not, Unavailable, NotInstalled."""
        asked = self._asked(key, lambda client: client.decrypt(KeyId=key, CiphertextBlob=sealed, EncryptionContext=dict(context)))
        return bytes(asked["Plaintext"])

    def report(self, key: str) -> str:
        """Which service and key, and whether it answers. Raises nothing."""
        try:
            state = self._asked(key, lambda client: client.describe_key(KeyId=key))["KeyMetadata"]["KeyState"]
        except (Unavailable, Tampered) as error:
            state = f"it cannot be used now: {error}"
        return f"AWS KMS, key {key} ({state})"

    def _asked(self, key: str, ask: "Callable[[Any], Any]") -> Any:  # noqa: ANN401  # boto3 answers with untyped mappings
        try:
            from botocore.exceptions import BotoCoreError, ClientError
        except ImportError as error:
            raise NotInstalled(
                "VESTIGE_KEYRING names a key of AWS KMS, but its client is not installed: pip install 'vestige[kms]'"
            ) from error
        try:
            return ask(self._client(key.split(":")[3]))
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in {"InvalidCiphertextException", "IncorrectKeyException"}:
                raise Tampered(f"{key} did not seal this, or not for this item") from error
            raise Unavailable(f"AWS KMS did not do it: {_WORDS.get(code, 'it refuses')} ({code}, {key}); nothing was done") from error
        except BotoCoreError as error:
            raise Unavailable(f"AWS KMS does not answer: {error}; nothing was done") from error

    def _client(self, region: str) -> Any:  # noqa: ANN401  # boto3 makes its clients of data
        if region not in self._clients:
            import boto3
            from botocore.config import Config

            settings = Config(
                connect_timeout=_CONNECT_S, read_timeout=_READ_S, retries={"mode": "standard", "total_max_attempts": _ATTEMPTS}
            )
            self._clients[region] = boto3.session.Session(region_name=region).client("kms", config=settings)
        return self._clients[region]
