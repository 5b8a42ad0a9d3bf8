"""Reading a pack: YAML, checked against the schema, into frozen values."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType

import jsonschema
import yaml

from vestige.errors import BadInput

UNCATEGORIZED = "uncategorized"
_CODE = re.compile(r"\(?([a-z])\)?\(?([0-9])\)?(?:\(?([a-f])\)?)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a rule comes from, and how sure we are of it: confirmed, second-hand, unconfirmed, agency choice."""

    authority: str
    status: str
    citation: str = ""


@dataclass(frozen=True, slots=True)
class Category:
    """A policy label of recordings. It carries the access class."""

    name: str
    access_class: str
    words: str
    source: Source


@dataclass(frozen=True, slots=True)
class Exemption:
    """A ground for withholding: `code` in its one spelling, like (b)(7)(C)."""

    code: str
    words: str
    source: Source


@dataclass(frozen=True, slots=True)
class Policy:
    """A pack in force."""

    name: str
    title: str
    version: int
    effective: str
    categories: Mapping[str, Category]
    exemptions: Mapping[str, Exemption]

    def category(self, name: str) -> Category:
        """The category of that name, whatever its case. Raises BadInput that names the known ones."""
        found = self.categories.get(name.strip().lower())
        if found is None:
            raise BadInput(f"the policy {self.name} knows no category {name!r}; it knows {', '.join(sorted(self.categories))}")
        return found

    def exemption(self, code: str) -> Exemption:
        """The exemption of that code: `b6`, `(b)(6)`, `b7C`, `b(7)(C)` are understood. Raises BadInput that names the known ones."""
        parts = _CODE.fullmatch(code.strip())
        spelled = f"({parts[1].lower()})({parts[2]})" + (f"({parts[3].upper()})" if parts[3] else "") if parts else code
        found = self.exemptions.get(spelled)
        if found is None:
            raise BadInput(f"the policy {self.name} knows no exemption {code!r}; it knows {', '.join(sorted(self.exemptions))}")
        return found


def packs() -> tuple[str, ...]:
    """The names of the packs that come with this version."""
    folder = resources.files("vestige.policy").joinpath("packs")
    return tuple(sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml")))


def load_pack(name: str) -> Policy:
    """The pack of that name. Raises BadInput for one that does not come with this version."""
    if name not in packs():
        raise BadInput(f"there is no policy pack {name!r}; there are {', '.join(packs())}")
    return read_pack(resources.files("vestige.policy").joinpath("packs", f"{name}.yaml").read_text())


def read_pack(text: str) -> Policy:
    """The pack that this YAML says. Raises BadInput naming the place that is wrong."""
    schema = json.loads(resources.files("vestige.policy").joinpath("schema.json").read_text())
    try:
        raw = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BadInput(f"the pack is no YAML: {error}") from error
    wrong = sorted(jsonschema.Draft202012Validator(schema).iter_errors(raw), key=lambda error: list(map(str, error.path)))
    if wrong:
        raise BadInput(f"the pack is wrong at {'/'.join(map(str, wrong[0].path)) or 'its top'}: {wrong[0].message}")
    categories = [Category(c["name"], c["access_class"], c["words"], Source(**c["source"])) for c in raw["categories"]]
    exemptions = [Exemption(e["code"], e["words"], Source(**e["source"])) for e in raw["exemptions"]]
    if UNCATEGORIZED not in {c.name for c in categories}:
        raise BadInput(f"a pack needs the category {UNCATEGORIZED}")
    if len({c.name for c in categories}) != len(categories) or len({e.code for e in exemptions}) != len(exemptions):
        raise BadInput("a category or an exemption stands twice in the pack")
    return Policy(
        name=raw["pack"],
        title=raw["title"],
        version=raw["version"],
        effective=raw["effective"],
        categories=MappingProxyType({c.name: c for c in categories}),
        exemptions=MappingProxyType({e.code: e for e in exemptions}),
    )
