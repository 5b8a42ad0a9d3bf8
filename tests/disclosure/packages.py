"""Packages for the tests of this folder, and a reader of pages that sees what a browser would."""

from dataclasses import replace
from html.parser import HTMLParser
from uuid import UUID

from vestige.disclosure.manifest import LogIdentity, PackageFacts, PackedFile
from vestige.disclosure.profiles import Profile
from vestige.evidence.values import Digest

ITEM, COPY, PACKAGE = UUID(int=1), UUID(int=2), UUID(int=3)
SHA = Digest("ab" * 32)
PRINT = " ".join(f"{number:04x}" for number in range(16))
LOG = LogIdentity("vestige.log/x", "vestige.log/x+0a0b0c0d+AQID", PRINT)
COURT = PackageFacts(
    id=PACKAGE,
    profile=Profile.COURT,
    agency="Harbor Police",
    created=1_795_500_788_123,
    console_acts=False,
    log=LOG,
    item=ITEM,
    files=(PackedFile("data/footage/clip.mp4", ITEM, SHA, 12_345, "original"),),
)
PUBLIC = replace(COURT, profile=Profile.PUBLIC, item=COPY, files=(PackedFile("data/footage/redacted.mp4", COPY, SHA, 999, "rendered"),))
_VOID = {"meta", "br", "link", "img", "input"}


class Page(HTMLParser):
    """A page as a browser reads it: elements with attributes, and the text that a person sees. Refuses tags that do not nest."""

    def __init__(self, data: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(data.decode())
        self.close()
        assert not self._open, f"not closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] not in {"style", "title"}:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)

    def tags(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag == name]
