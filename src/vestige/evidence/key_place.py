"""Where the key-encryption keys of a home lie, as `VESTIGE_KEYRING` says it: a file, or a file that names keys in a token or a key service."""

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote

from vestige.errors import BadInput

_ARN = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]{1,128}")
_KINDS = ("pkcs11", "awskms")


@dataclass(frozen=True, slots=True)
class Token:
    """A PKCS#11 token: its label, the module that reaches it, and the file that holds its PIN (None: the environment)."""

    label: str
    module: Path
    pin_source: Path | None


@dataclass(frozen=True, slots=True)
class ServiceKey:
    """A key of AWS KMS, by its ARN."""

    arn: str


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """The keyring file, the token or key service in which new keys are made (None: the file), and the text that named them."""

    file: Path
    within: Token | ServiceKey | None = None
    _text: str = field(default="", repr=False)

    def with_file(self, file: Path) -> "KeyPlace":
        """The same token or key service with another keyring file."""
        return replace(self, file=file)

    def text(self) -> str:
        """What `VESTIGE_KEYRING` says for this place."""
        if self.within is None:
            return str(self.file)
        return f"{self._text}file={quote(str(self.file))}"


def parse(text: str) -> KeyPlace:
    """The place that a text names: a path, `pkcs11:token=LABEL?module-path=FILE&file=KEYRING` or `awskms:ARN?file=KEYRING`. Raises BadInput."""
    kind, colon, rest = text.partition(":")
    if not colon or kind not in _KINDS:
        return KeyPlace(Path(text).absolute())
    where, _, query = rest.partition("?")
    asked = dict(parse_qsl(query, keep_blank_values=True))
    if "pin-value" in asked:
        raise BadInput("a PIN is never written into VESTIGE_KEYRING; name a file with pin-source, or set VESTIGE_PKCS11_PIN")
    file = asked.pop("file", "")
    if not file.startswith("/"):
        raise BadInput(f"VESTIGE_KEYRING names {kind} and no keyring file; it takes file=/path/of/the/keyring")
    within = _token(where, asked) if kind == "pkcs11" else _service_key(where)
    if asked:
        raise BadInput(f"VESTIGE_KEYRING says {', '.join(sorted(asked))}, which {kind} does not take")
    kept = "&".join(f"{name}={quote(value)}" for name, value in parse_qsl(query) if name != "file")
    return KeyPlace(Path(file), within, f"{kind}:{where}?{kept}{'&' if kept else ''}")


def _token(where: str, asked: dict[str, str]) -> Token:
    attributes = dict(part.partition("=")[::2] for part in where.split(";"))
    label = unquote(attributes.pop("token", ""))
    module, source = asked.pop("module-path", ""), asked.pop("pin-source", "").removeprefix("file:")
    if not label or attributes:
        raise BadInput("VESTIGE_KEYRING names a token by its label and by nothing else: pkcs11:token=LABEL?module-path=...&file=...")
    if not module.startswith("/"):
        raise BadInput("VESTIGE_KEYRING names a token and no module; it takes module-path=/path/of/the/pkcs11/library.so")
    if source and not source.startswith("/"):
        raise BadInput("pin-source in VESTIGE_KEYRING takes the path of a file that holds the PIN, from the root")
    return Token(label, Path(module), Path(source) if source else None)


def _service_key(arn: str) -> ServiceKey:
    if not _ARN.fullmatch(arn):
        raise BadInput(f"VESTIGE_KEYRING names no key of AWS KMS: {arn!r}; it takes the ARN of a key (an alias can be pointed elsewhere)")
    return ServiceKey(arn)
