"""Packages: the time (package format, step 10) and sample proofs (11)."""

from typing import Any

import rfc8785
from verifier.tests.vectors import film
from verifier.tests.vectors.bags import ABOUT
from verifier.tests.vectors.manifests import NOBODY
from verifier.tests.vectors.profiles import OTHER, named, outcome, redigest
from verifier.tests.vectors.stamps import CLOCK, clock
from verifier.tests.vectors.store import repeat
from verifier.tests.vectors.worlds import LOG_KEY, Files, Packages, court, derived, made
from verifier.tests.writer import digest, sha

SAMPLES = "data/samples.json"


def times(bases: dict[str, Files]) -> Packages:
    """`package.tsr` (step 10)."""
    area = Packages(ABOUT, bases)
    trust, file = LOG_KEY + CLOCK.pem, "package.tsr"
    area.good("a token of a trusted authority", base="stamped", trust=trust)
    area.good("a token, and nobody to vouch for it", base="stamped")
    area.good("no token, and an authority that would have been trusted", base="court", trust=trust)

    def bad(name: str, reason: str, files: Files) -> None:
        area.no("stamped", name, (10, file), reason, files, trust=trust, needs="time")

    area.bad(
        "another authority",
        "the time stamp is not signed by an authority that you trust",
        at=(10, file),
        base="stamped",
        trust=LOG_KEY + clock("Clock", 2).pem,
        needs="time",
    )
    bad(
        "a token over another text",
        "the time stamp is for another text than this checkpoint",
        made(court(stamp=lambda text: CLOCK.stamp(text + b"x"))),
    )
    bad(
        "a token over the signed note",
        "the time stamp is for another text than this checkpoint",
        made(court(stamp=lambda text: CLOCK.stamp(text[:-1]))),
    )
    bad(
        "a token without its certificate",
        "the certificate of the time stamp's signer is neither in it nor here",
        made(court(stamp=lambda text: CLOCK.stamp(text, bring=False))),
    )
    bad("no token at all", "this is no time stamp of RFC 3161 that was granted", made(court(stamp=lambda _text: b"x")))
    large = made(court(stamp=lambda _text: b"x")) | {file: repeat("x", (1 << 20) + 1)}
    bad("a token of more than a mebibyte", f"the file is larger than {1 << 20} bytes", large)
    return area


def samples(bases: dict[str, Files]) -> Packages:
    """`data/samples.json` in a package (step 11). `samples.json` has the document by itself."""
    area = Packages(ABOUT, bases)

    def bad(name: str, reason: str, profile: str = "court", file: str = SAMPLES, **bent: Any) -> None:
        area.no(
            "clip" if profile == "court" else "copy with sample proofs",
            name,
            (11, file),
            reason,
            made(derived(profile, **bent)),
            needs="samples",
        )

    bad(
        "a clip without its proofs",
        "a clip without its sample proofs proves nothing",
        edit_files=lambda files: {path: data for path, data in files.items() if path != SAMPLES},
    )
    other = film.document(*film.clip_told())
    bad(
        "of another item",
        "the samples are said to be those of another item than the original",
        document=rfc8785.dumps(other | {"item": NOBODY}),
    )
    index = "the original was accessioned with another media index than the one that the samples are proven against"
    bad(
        "another media index was accessioned",
        index,
        edit_parent=named(1, digest("original", sha(b"the original")), digest("media_index", OTHER)),
    )
    bad("no media index was accessioned", index, edit_parent=named(1, digest("original", sha(b"the original"))))
    bad("the media index of an accession that failed", index, edit_parent=outcome(1, {"failed": "x"}))
    made_with = "the sample proofs are not those that were made with the file"
    bad("other proofs than were made with the clip", made_with, edit_events=redigest("samples"))
    bad(
        "a clip whose event names no proofs",
        made_with,
        edit_events=lambda events: named(0, *[one for one in events[0][1]["digests"] if one["of"] != "samples"])(events),
    )
    bad("other proofs than were made with the copy", made_with, "public", edit_events=redigest("samples"))
    area.ok(
        "copy with sample proofs",
        "a copy whose event names no proofs",
        made(
            derived(
                "public", edit_events=lambda events: named(0, *[one for one in events[0][1]["digests"] if one["of"] != "samples"])(events)
            )
        ),
    )
    changed, told = film.copy_tracks(), film.copy_told()
    bad(
        "a clip with samples made anew",
        "a clip holds samples that are not the original's own",
        document=rfc8785.dumps(film.document(*told)),
        footage=film.mp4(changed),
    )
    sound = film.clip_tracks()[1:]
    bad(
        "a clip of sound alone",
        "a clip has no picture",
        document=rfc8785.dumps(film.document(film.clip_told()[1])),
        footage=film.mp4(sound),
    )
    cut, short = film.clip_tracks(), film.clip_told()
    bad(
        "a copy that leaves out the start",
        "the video of the copy leaves out samples of the original at its start or end",
        "public",
        document=rfc8785.dumps(film.document(*short)),
        footage=film.mp4(cut),
    )
    bad("a document that is none", "this is no JSON", document=b"{")
    large = made(derived("court", document=b"x"))
    area.no("clip", "a document that is no JSON at all", (11, SAMPLES), "this is no JSON", large, needs="samples")
    spoilt = bytearray(film.clip().footage)
    spoilt[30] ^= 1
    bad(
        "footage with a bit flipped, and the log vouches for it",
        "sample 0 of the video (at 0:00.0) is not the original's sample 4: it was changed",
        footage=bytes(spoilt),
    )
    with_proofs = made(court(edit_files=lambda files: files | {SAMPLES: film.clip().document}, footage=film.clip().footage))
    area.no(
        "court",
        "an original with sample proofs",
        (11, SAMPLES),
        "there are sample proofs, and no trail of an original that they could be about",
        with_proofs,
        needs="samples",
    )
    return area
