"""`README.txt` of a package, for a reader who never saw one: what it is, how to check it, what that proves and what it does not."""

import textwrap
from collections.abc import Iterable

from vestige.disclosure._paper import CONSOLE_ACTS, visible, when
from vestige.disclosure.manifest import PackageFacts
from vestige.disclosure.profiles import Profile, withheld_words

_WIDTH = 78
_MEASURED = (
    "With its extra 'media' the program also decodes the copy and measures that it is black and silent wherever the approved plan says so. "
    "The page does not measure."
)


def readme(facts: PackageFacts) -> bytes:
    """The text, in UTF-8, wrapped at 78 columns but for the key and the commands, which must be copied whole."""
    parts = [_heading(f"Video evidence from {facts.agency}", "=")]
    if facts.console_acts:
        parts.append(_wrapped(f"WARNING. {CONSOLE_ACTS}"))
    parts += [
        _what(facts),
        _inside(facts),
        _check(facts),
        _heading("What a good check shows"),
        _bullets(_shows(facts)),
        _heading("What it does not show"),
        _bullets(_not_shown(facts)),
        _heading("Whom to ask"),
        _wrapped(
            f"Ask {facts.agency}, and give this package number: {facts.id}. Keep this folder as it is: do not rename, add or remove files."
        ),
    ]
    return ("\n\n".join(parts) + "\n").encode()


def _what(facts: PackageFacts) -> str:
    made = f"This folder was made by {facts.agency} on {when(facts.created)}."
    if _is_clip(facts):
        return _wrapped(
            f"{made} It holds a part of a recording, its pictures and its sound exactly as they are in the recording that the agency received, "
            "a proof of that, and the agency's record of everything that was done. It was made for a court and the parties. The agency keeps "
            "the original as it was."
        )
    if _is_opened(facts):
        return _wrapped(
            f"{made} The camera had encrypted this recording. The folder holds it as it came, encrypted, and a copy that the agency opened "
            "with its key, which can be played; the small file that came with it and names the key; and the agency's record of everything "
            "that was done. It was made for a court and the parties."
        )
    if facts.profile is Profile.COURT:
        return _wrapped(
            f"{made} It holds a recording exactly as the agency received it, and the agency's record of everything that was done with it. "
            "It was made for a court and the parties."
        )
    return _wrapped(
        f"{made} It holds a copy of a recording in which parts of the picture or sound are hidden, a list of what is hidden and on what "
        "legal ground, and the agency's record of what was done. It was made for the public. The agency keeps the original as it was."
    )


def _inside(facts: PackageFacts) -> str:
    files = [f"{file.path} - {_kind(file.of, encrypted=_is_opened(facts))} ({file.size:,} bytes)" for file in facts.files]
    papers = ["data/trail.html - what was done with the recording, when, and in which role (trail.csv is the same for a spreadsheet)"]
    if facts.profile is Profile.COURT:
        papers.append("data/certificate.html - the draft of a certificate that a person may sign; it is not signed")
    else:
        papers.append("data/redaction-log.html - what is hidden, when, and why (redaction-log.csv is the same for a spreadsheet)")
    papers.append("verify.html - a page that checks this folder in your browser, plays the footage and shows what was done with it")
    if facts.samples:
        papers.append("data/samples.json - the proof of which pictures and which sound are the recording's own, for the program")
    if facts.hidden:
        papers.append(
            "data/hidden.json - where and when the copy must be black or silent, in numbers, for a program that measures the copy"
        )
    papers.append("the other files are for whatever checks this folder")
    return f"{_heading('What is inside')}\n\n{_bullets(files + papers)}"


def _check(facts: PackageFacts) -> str:
    return "\n\n".join(
        (
            _heading("How to check it"),
            _wrapped(
                "Open verify.html in a browser, and choose this folder there. It needs no internet and sends nothing anywhere. But whoever "
                "can forge this folder can forge that page, too. If much depends on the answer, use a page or a program from elsewhere."
            ),
            _wrapped(
                "A free program called vestige-verify checks this folder on your own computer, without the internet and without asking the "
                "agency. Get the program from somewhere other than whoever gave you this folder, and run:"
            ),
            "    vestige-verify FOLDER",
            _wrapped(
                "Both say whether anything in this folder was changed, added or removed. One thing they cannot know by themselves: whether "
                "this folder comes from the agency at all, for anybody could make one. So they show a long number, the fingerprint of the key "
                "that signed this folder. Compare it with the one that the agency publishes, or tells you on the telephone. It should be:"
            ),
            "\n".join(f"    {line}" for line in _grouped(facts.log.fingerprint)),
            _wrapped(
                "But a forger can print any number here, in this file. What counts is that the number which page or program shows is the "
                "number which the agency gives. If the agency gives you its whole key, they compare it for you:"
            ),
            "    vestige-verify FOLDER --key 'THE KEY THAT THE AGENCY GAVE YOU'",
            *([_wrapped(_MEASURED)] if facts.hidden else []),
        )
    )


def _is_clip(facts: PackageFacts) -> bool:
    return any(file.of == "clipped" for file in facts.files)


def _is_opened(facts: PackageFacts) -> bool:
    return any(file.of == "opened" for file in facts.files)


def _shows(facts: PackageFacts) -> Iterable[str]:
    if _is_clip(facts):
        yield "Each picture and each piece of sound in the file is, to the last bit, one of the recording that the agency's system received."
        yield "They follow one another as they do there, at the same distances in time, and none between the first and the last is missing."
        yield "The record of what was done is whole up to the making of this folder, in its order, and was not changed afterwards."
    elif _is_opened(facts):
        yield "The encrypted recording in this folder is, to the last bit, the file that the agency's system received."
        yield "The opened copy is the one that the agency's system made from that recording with that key object, and was not changed since."
        yield (
            "The record of what was done with the copy is whole up to the making of this folder, and that of the encrypted recording up to "
            "its opening, each in its order; neither was changed afterwards."
        )
    elif facts.profile is Profile.COURT:
        yield "The recording in this folder is, to the last bit, the file that the agency's system received."
        yield "The record of what was done with it is whole up to the making of this folder, in its order, and was not changed afterwards."
    else:
        yield "The copy in this folder is the one that the agency's system made from the recording that it received."
        yield "What is hidden was laid down in a plan that a second person approved, and the copy was made from that plan."
        yield "The record of what was done is in its order, and was not changed afterwards."


def _not_shown(facts: PackageFacts) -> Iterable[str]:
    yield "That what the recording shows is true, or the whole story. A check is about the file, not about the event."
    yield "What happened to the recording before the agency's system received it, in the camera or on its card."
    yield "That no other recording of the event exists."
    if _is_clip(facts):
        yield "What the recording shows before and after this part."
    if _is_opened(facts):
        yield "That the key object gives this copy. Whoever has the agency's private key can open the encrypted recording again and compare."
    if facts.profile is Profile.PUBLIC:
        yield "What is under the hidden parts, or that hiding it was right. The redaction log gives the grounds."
        names = "; ".join(word.partition(": ")[2] for word in withheld_words(facts.profile))
        yield f"What is kept back from the record for the public: {names}."
    if facts.console_acts:
        yield "That the people named in the record acted themselves (see the warning at the top)."


def _kind(of: str, *, encrypted: bool) -> str:
    names = {
        "original": "the recording as it was received" + (", encrypted by the camera" if encrypted else ""),
        "clipped": "a part of the recording, as it is there",
        "opened": "the copy of it that the agency opened with its key",
        "key": "the key object that came with it: the wrapped key, and which key of the agency unwraps it",
    }
    return names.get(of, "the copy with parts hidden")


def _heading(text: str, line: str = "-") -> str:
    shown = visible(text)
    return f"{shown}\n{line * min(len(shown), _WIDTH)}"


def _wrapped(text: str, first: str = "", rest: str = "") -> str:
    return textwrap.fill(
        visible(text), _WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )


def _bullets(texts: Iterable[str]) -> str:
    return "\n".join(_wrapped(text, "* ", "  ") for text in texts)


def _grouped(fingerprint: str) -> list[str]:
    groups = visible(fingerprint).split()
    return [" ".join(groups[start : start + 8]) for start in range(0, len(groups), 8)]
