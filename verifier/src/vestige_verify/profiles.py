"""What ties the trail to the file: the rules of the profiles `court` and `public` (package format, steps 7 and 8)."""

from vestige_verify import samples
from vestige_verify.commitments import ALWAYS_OPEN, FIELDS
from vestige_verify.entries import Event
from vestige_verify.errors import VerificationError
from vestige_verify.manifest import File
from vestige_verify.trail import Trail


def check_clip(trails: list[Trail], files: list[str]) -> None:
    """Returns if the file (digest in hex) is a clip of the original whose trail stands second, whole up to the clip."""
    if len(trails) != 2:
        raise VerificationError("a package of a clip has exactly two trails: the clip's and the original's")
    clipped = _first(trails[0].events[0], "item:clipped")
    if set(files) != {_one(clipped, "clipped")}:
        raise VerificationError("the file is not the clip that was cut")
    _derived(clipped, trails[1].events)


def check_opened(trails: list[Trail], files: list[File]) -> None:
    """Returns if the files (copy in clear, encrypted original, key object) are those of the opening that the first trail begins with.

    The second trail is that of the encrypted original, whole up to the opening. That the key gives the copy is not looked into: whoever has
    the agency's private key can open the original again and compare.
    """
    if len(trails) != 2:
        raise VerificationError("a package of an opened copy has exactly two trails: the copy's and the original's")
    opened = _first(trails[0].events[0], "item:opened")
    for file in files:
        if file.sha256 != _one(opened, file.of):
            raise VerificationError(f"the file is not the one that the opening names as `{file.of}`", file=file.path)
    if files[1].item != trails[1].item:
        raise VerificationError("the encrypted original is another item than the one whose trail is here", file=files[1].path)
    _derived(opened, trails[1].events)


def check_samples(trails: list[Trail], proven: samples.Proven, document: str) -> None:
    """Returns if sample proofs (their document's SHA-256 in hex) are about the original whose trail stands second, as it was accessioned.

    What is clipped must be the original's own in every sample; what is rendered must stand for the original from its start to its end.
    """
    if len(trails) != 2:
        raise VerificationError("there are sample proofs, and no trail of an original that they could be about")
    made, parent = trails[0].events[0], trails[1]
    accessions = [event for event in parent.events if event.type == "item:accessioned" and event.succeeded]
    samples.require_root(proven, parent.item, [root for event in accessions for root in event.digests_of("media_index")])
    named = made.digests_of("samples")
    if named not in ([document], []) or (not named and made.type == "item:clipped"):
        raise VerificationError("the sample proofs are not those that were made with the file")
    (samples.require_clip if made.type == "item:clipped" else samples.require_whole)(proven)


def check_court(trails: list[Trail], files: list[str]) -> None:
    """Returns if the one trail begins with the receipt of the original and its accession or quarantine names each file's digest (hex)."""
    if len(trails) != 1:
        raise VerificationError("a package for court has exactly one trail")
    events = trails[0].events
    received = _first(events[0], "item:received")
    vouched = [event for event in events if event.type in {"item:accessioned", "item:quarantined"} and event.succeeded]
    if not vouched:
        raise VerificationError("the trail tells neither of an accession nor of a quarantine")
    named = {digest for event in [received, *vouched] for digest in event.digests_of("original")}
    if not any(event.digests_of("original") for event in vouched):
        raise VerificationError("neither accession nor quarantine names the digest of the original")
    if named != set(files):
        raise VerificationError("the file is not the one that was accessioned")


def check_public(trails: list[Trail], files: list[str]) -> None:
    """Returns if the file (digest in hex) is a copy rendered from the approved plan of the original whose trail stands second."""
    if len(trails) != 2:
        raise VerificationError("a package for the public has exactly two trails: the copy's and the original's")
    copy, parent = trails[0].events, trails[1].events
    rendered = _first(copy[0], "redaction:rendered")
    if set(files) != {_one(rendered, "rendered")}:
        raise VerificationError("the file is not the redacted copy that was rendered")
    _derived(rendered, parent)
    _approved(parent, _one(rendered, "plan"))


def check_openings(profile: str, trails: list[Trail], package: Event, said: list[str]) -> None:
    """Returns if what is opened is what the profile opens, and `said` (the manifest's `withheld`) is empty only if nothing is withheld."""
    opened = frozenset(FIELDS) if profile == "court" else ALWAYS_OPEN
    for event in [event for trail in trails for event in trail.events]:
        for name in FIELDS:
            if (name in event.opened) != (name in opened):
                verb = "withholds" if name in opened else "opens"
                raise VerificationError(f"a package of the profile {profile} {verb} `{name}` of the event at {event.index}")
    if profile == "court" and package.opened != opened:
        raise VerificationError("a package for court withholds fields of its own entry", file="package.tlog-proof")
    if bool(said) == (profile == "court"):
        raise VerificationError("what the manifest says is withheld is not what is withheld", file="data/manifest.json")


def _derived(made: Event, parent: list[Event]) -> None:
    if _one(_first(parent[0], "item:received"), "original") != _one(made, "original"):
        raise VerificationError("the copy was made from another original than the one whose trail is here")
    if _one(made, "parent_head") != parent[-1].hash.hex() or made.index <= parent[-1].index:
        raise VerificationError("the original's trail does not end where the copy was made from it")


def _approved(events: list[Event], plan: str) -> None:
    of_plan = [event for event in events if plan in event.digests_of("plan") and event.succeeded]
    planned = [event.index for event in of_plan if event.type == "redaction:planned"]
    approved = [event.index for event in of_plan if event.type == "redaction:approved"]
    if not planned:
        raise VerificationError("the original's trail does not tell of the plan that the copy was rendered from")
    if not approved or min(planned) > max(approved):
        raise VerificationError("the plan that the copy was rendered from was not approved after it was drawn")


def _first(event: Event, kind: str) -> Event:
    if event.type != kind or not event.succeeded:
        raise VerificationError(f"the trail does not begin with {kind}")
    return event


def _one(event: Event, of: str) -> str:
    digests = event.digests_of(of)
    if len(digests) != 1:
        raise VerificationError(f"the event {event.type} does not name exactly one digest of `{of}`")
    return digests[0]
