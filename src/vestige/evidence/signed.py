"""What is said of a signature that a camera wrote into its footage. Its presence is a fact of the file; nothing here verifies it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

PRESENT = "present, not yet verified"
UNSIGNED = "messages of a signature scheme, but no signature"
NONE = "none found"
_SCHEMES = MappingProxyType({"axis": "Axis Signed Video", "onvif": "ONVIF Media Signing"})


def signed_by_camera(facts: Mapping[str, Any]) -> str:
    """Whether the camera signed an item, by its facts; empty where nobody looked (no picture, or taken in before this was looked for)."""
    found = facts.get("signatures")
    if not isinstance(found, list):
        return ""
    return PRESENT if any(one["signed"] for one in found) else UNSIGNED if found else NONE


def signature_words(facts: Mapping[str, Any]) -> list[str]:
    """What the file says of each scheme, a sentence each. Key and names are its own claim."""
    return [_words(one) for one in facts.get("signatures") or ()]


def _words(one: Mapping[str, Any]) -> str:
    count = one["signed"]
    parts = [f"{_SCHEMES.get(one['scheme'], one['scheme'])}: {count} signature{'' if count == 1 else 's'}"]
    if one["unreadable"]:
        parts.append(f"{one['unreadable']} of {one['messages']} messages unreadable")
    parts += [f"key {key}" for key in one["keys"]] + [f"certificate {digest}" for digest in one["certificates"]]
    claims = [f"{name} {text}" for name, text in one["claims"].items()]
    return "; ".join(parts) + (f"; says of itself: {', '.join(claims)}" if claims else "")
