"""What templates need: the built style and script, times, sizes and words."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from vestige.evidence.clocks import in_words
from vestige.evidence.items import TimeSource
from vestige.evidence.moments import moment
from vestige.evidence.signed import signature_words, signed_by_camera
from vestige.evidence.values import from_ms
from vestige.web import words

register = template.Library()

_DIST = Path(__file__).parents[1] / "static" / "dist"


@cache
def _manifest() -> Mapping[str, Any]:
    """Which file each entry was built into; empty where the front end was not built (VESTIGE_SKIP_UI)."""
    path = _DIST / "manifest.json"
    return MappingProxyType(json.loads(path.read_text()) if path.is_file() else {})


@register.simple_tag
def assets(entry: str) -> SafeString:
    """The style and script of an entry of the front end."""
    built = _manifest().get(f"src/{entry}.ts")
    if built is None:
        return format_html("<!-- {} -->", f"{entry} is not built: npm run build in ui/")
    styles = [*built.get("css", ()), *(css for part in built.get("imports", ()) for css in _manifest()[part].get("css", ()))]
    links = format_html_join("\n", '<link rel="stylesheet" href="/static/dist/{}">', ((path,) for path in styles))
    return format_html('{}\n<script type="module" src="/static/dist/{}"></script>', links, built["file"])


@register.filter
def offset_words(milliseconds: int) -> str:
    """By how much a clock was ahead or behind."""
    return in_words(milliseconds)


@register.simple_tag(takes_context=True)
def when(context: template.Context, milliseconds: int | None) -> SafeString:
    """A time of the agency's time zone: `24 Nov 2026, 08:13:05 EST`."""
    if milliseconds is None:
        return format_html('<span class="text-quiet">{}</span>', "not known")
    at = from_ms(milliseconds).astimezone(context["zone"])
    return format_html('<time datetime="{}">{}</time>', at.isoformat(timespec="seconds"), _written(at, context["zone"]))


@register.filter
def in_ms(text: str) -> int | None:
    """A time that stands somewhere as text, for `when`."""
    return moment(text)


def _written(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.day} {at:%b %Y, %H:%M:%S} {at.tzname() or zone.key}"


@register.filter
def time_source(value: TimeSource | None) -> str:
    """Where a recording's time was read."""
    return words.source(value.value if value else None)


register.filter("finding_words", words.finding)
register.filter("reviewed_words", words.reviewed)
register.filter("kind_words", words.kind)
register.filter("state_words", words.state)
register.filter("signed_by_camera", signed_by_camera)
register.filter("signature_words", signature_words)
register.filter("size", words.size)
register.filter("runtime", words.length)


@register.filter
def streams(facts: Mapping[str, Any]) -> list[str]:
    """The streams of a file in words: `Video: h264, 1920 by 1080, 29.97 frames a second`."""
    return [_stream(stream) for stream in facts.get("streams", ()) if isinstance(stream, dict)]


def _stream(stream: Mapping[str, Any]) -> str:
    parts = [str(stream.get("codec", "unknown"))]
    if stream.get("width"):
        parts.append(f"{stream['width']} by {stream['height']} pixels")
    if stream.get("fps_milli"):
        parts.append(f"{stream['fps_milli'] / 1000:g} frames a second")
    if stream.get("rotation"):
        parts.append(f"turned by {stream['rotation']}°")
    if stream.get("channels"):
        parts.append(f"{stream['channels']} channel{'s' if stream['channels'] != 1 else ''}, {stream.get('rate', 0) / 1000:g} kHz")
    kinds = {"video": "Picture", "audio": "Sound"}
    return f"{kinds.get(str(stream.get('kind')), 'Other')}: {', '.join(parts)}"
