"""`data/certificate.html`: the draft of a certificate under Federal Rules of Evidence 902(13) and (14), for a person to sign (R78).

It states what the system knows. Who is qualified, that they are, and the signature are left to a person: a program certifies nothing.
"""

from dataclasses import dataclass

from vestige.disclosure._paper import CONSOLE_ACTS, escaped, facts_table, numbered, page, paragraph, section, when
from vestige.disclosure.manifest import PackageFacts
from vestige.errors import Tampered
from vestige.evidence.values import Digest

_DRAFT = "DRAFT. Not signed. A person must read it, correct it, complete it and sign it before it certifies anything."
_BLANKS = ("Name", "Title and employer", "Training and experience that make me qualified")
_SIGNING = ("Executed on (date)", "At (place)", "Signature")


@dataclass(frozen=True, slots=True)
class OpenedCopy:
    """What the system made of a file that the camera encrypted: the copy's number, when (milliseconds UTC), and its digest.

    `key_number` and `key` are the key object that came with the file: the item's number, and its digest.
    """

    number: str
    opened_at: int
    digest: Digest
    key_number: str
    key: Digest


@dataclass(frozen=True, slots=True)
class CertifiedFile:
    """The file that the certificate is about. Times are milliseconds UTC; `checked_at` is when the stored bytes were read for this package.

    `clipped_from` is the number of the original that a clip is a part of; `received` is then what was kept when the clip was made.
    `opened` is the copy in clear of a file that the camera encrypted; the file itself is then the encrypted one.

    Raises Tampered when the two digests differ: there is nothing to certify.
    """

    number: str
    filename: str
    size: int
    received_at: int
    received: Digest
    checked_at: int
    exported: Digest
    software: str
    clipped_from: str | None = None
    opened: OpenedCopy | None = None

    def __post_init__(self) -> None:
        if self.received != self.exported:
            raise Tampered(f"item {self.number} is no longer the file that was taken in; no certificate is drafted")


def certificate_html(facts: PackageFacts, file: CertifiedFile) -> bytes:
    """The page. It says DRAFT, and that it is no legal advice."""
    parts = [paragraph(_DRAFT, note=True)]
    parts += [paragraph(CONSOLE_ACTS, note=True)] if facts.console_acts else []
    parts += [
        paragraph(
            "This draft was written by a program and is no legal advice. Have counsel compare it with the rules in force, and with the "
            "notice that Rule 902(11) asks for."
        ),
        section("1. The person who certifies", paragraph("I am the person named here, and make this certification:"), _lines(_BLANKS)),
        section("2. The data", facts_table("The data that this certificate is about", _data(facts, file))),
        section("3. The process", paragraph("To be confirmed by the person who signs:"), numbered(_process(facts, file))),
        section("4. The digital identification", facts_table("The two values that were compared", _values(file)), paragraph(_match(file))),
        section("5. Certification", *_certification()),
    ]
    return page("Draft certificate under Federal Rules of Evidence 902(13) and 902(14)", *parts)


def _data(facts: PackageFacts, file: CertifiedFile) -> list[tuple[str, str]]:
    kept = "Received by the system" if file.clipped_from is None else f"Cut by the system out of item {file.clipped_from}"
    return [
        ("Agency", facts.agency),
        ("Item number", file.number),
        ("Item identifier", str(next(one.item for one in facts.files if one.sha256 == file.exported))),
        ("File name as received" if file.clipped_from is None else "File name", file.filename),
        ("Size", f"{file.size} bytes"),
        (kept, when(file.received_at)),
        *([("Opened by the system as item", f"{file.opened.number}, {when(file.opened.opened_at)}")] if file.opened else []),
        ("Package", str(facts.id)),
        ("Package made", when(facts.created)),
        ("Software and version", file.software),
        ("Fingerprint of the key that signs the log", facts.log.fingerprint),
    ]


def _process(facts: PackageFacts, file: CertifiedFile) -> tuple[str, ...]:
    received = _received(facts, file) if file.clipped_from is None else _clipped(facts, file)
    return (
        received,
        *([_opened(file.opened)] if file.opened else []),
        (
            "The value, the time and the further acts on the file were recorded in a log to which entries can only be added, and which the "
            "system signs. The entries about this file, with their proofs, are in data/trail.json; data/trail.html shows them."
        ),
        (
            "For this package the stored file was read again in full, decrypted, and its SHA-256 value was computed again and compared "
            "with the first. Had they differed, the system would have refused to make the package."
        ),
        (
            "The program vestige-verify, which shares no code with the system, computes the value of the file in this package and compares "
            "it with the one in the signed log, from this package alone."
        ),
    )


def _received(facts: PackageFacts, file: CertifiedFile) -> str:
    return (
        f"The file was received by {file.software}, the evidence system of {facts.agency}. While it was being received the system "
        "computed the file's SHA-256 value (FIPS 180-4) and stored the file encrypted. The system has no function that changes a "
        "stored original."
    )


def _clipped(facts: PackageFacts, file: CertifiedFile) -> str:
    return (
        f"The file was cut out of item {file.clipped_from} by {file.software}, the evidence system of {facts.agency}: its pictures and its "
        "sound were copied as they are stored there, without decoding. The system computed the SHA-256 value (FIPS 180-4) of the result "
        "and stored it encrypted. The system has no function that changes a stored original."
    )


def _opened(copy: OpenedCopy) -> str:
    return (
        "The camera had encrypted the file (AES-256). The system opened it with the content key in the key object that came with it (item "
        f"{copy.key_number}), which only the agency's private key unwraps, computed the SHA-256 value of the result (item {copy.number}) "
        "and stored it encrypted beside the file, which it left as it was. The entry item:opened names the values of the three."
    )


def _values(file: CertifiedFile) -> list[tuple[str, str]]:
    return [
        ("Method", "SHA-256 of every byte of the file"),
        (f"When {'received' if file.clipped_from is None else 'cut'}, {when(file.received_at)}", file.received.value),
        (f"When exported, {when(file.checked_at)}", file.exported.value),
        *([("The opened copy", file.opened.digest.value), ("The key object", file.opened.key.value)] if file.opened else []),
    ]


def _match(file: CertifiedFile) -> str:
    if file.clipped_from is not None:
        return (
            f"The two values are identical. The file in this package is therefore an exact copy of the {file.size} bytes that the system kept "
            f"when it cut them out of item {file.clipped_from}. That each picture and each piece of sound in it is the one that the system "
            "received with that item is shown by data/samples.json, which vestige-verify checks. This says nothing about what happened to the "
            "data before they were received."
        )
    beside = (
        f" So are those of the opened copy (item {file.opened.number}) and of the key object when they were made or received and when they "
        "were exported. That this key object gives this copy can be tried again by whoever has the agency's private key."
        if file.opened
        else ""
    )
    return (
        f"The two values are identical. The file in this package is therefore an exact copy of the {file.size} bytes that the system "
        f"received.{beside} This says nothing about what happened to the data before they were received."
    )


def _certification() -> tuple[str, ...]:
    return (
        paragraph(
            "The record of the log described above was generated by an electronic process or system that produces an accurate result "
            "(Rule 902(13)), and the file described above is data copied from an electronic device, storage medium, or file, authenticated "
            "by a process of digital identification (Rule 902(14))."
        ),
        paragraph("Under 28 U.S.C. 1746, strike what does not apply:"),
        paragraph("Within the United States: I declare under penalty of perjury that the foregoing is true and correct."),
        paragraph(
            "Outside the United States: I declare under penalty of perjury under the laws of the United States of America that the "
            "foregoing is true and correct."
        ),
        _lines(_SIGNING),
    )


def _lines(labels: tuple[str, ...]) -> str:
    return "\n".join(f'<p>{escaped(label)}:</p>\n<div class="line"></div>' for label in labels)
