"""Strict forms for answers: a value is exactly so, or it is refused with the place where it is not.

Stricter than JSON Schema, which takes 3.0 for an integer and a line break at the end for part of a pattern; and fast enough for millions
of values. Booleans are no integers, floats stand nowhere, text is printable (no controls, no lone surrogates), unknown keys are refused.
"""

from collections.abc import Callable, Mapping

Shape = Callable[[object, str], None]


class NotOfForm(ValueError):
    """The value is not of the form; the message says where."""


def clean(text: str, most: int = 500) -> str:
    """Text as `text` takes it: what cannot be printed becomes a space, what is too long is cut."""
    return "".join(letter if letter.isprintable() else " " for letter in text[: 4 * most]).strip()[:most]


def text(most: int) -> Shape:
    """Printable text of at most so many characters."""

    def shape(value: object, where: str) -> None:
        if not isinstance(value, str) or len(value) > most or not value.isprintable():
            raise NotOfForm(f"{where} is no printable text of up to {most} characters")

    return shape


def digest(value: object, where: str) -> None:
    """A SHA-256 in lower-case hex."""
    if not isinstance(value, str) or len(value) != 64 or set(value) - set("0123456789abcdef"):
        raise NotOfForm(f"{where} is no SHA-256 in hex")


def truth(value: object, where: str) -> None:
    """True or false."""
    if not isinstance(value, bool):
        raise NotOfForm(f"{where} is neither true nor false")


def integer(least: int, most: int) -> Shape:
    """An integer within bounds."""

    def shape(value: object, where: str) -> None:
        if type(value) is not int or not least <= value <= most:
            raise NotOfForm(f"{where} is no integer from {least} to {most}")

    return shape


def integers(least: int, most: int, count: int) -> Shape:
    """A list of integers within bounds, as many at most: checked in one sweep, since there may be millions."""

    def shape(value: object, where: str) -> None:
        if not isinstance(value, list) or len(value) > count:
            raise NotOfForm(f"{where} is no list of up to {count}")
        if set(map(type, value)) - {int} or (value and not (least <= min(value) and max(value) <= most)):
            raise NotOfForm(f"{where} is not all integers from {least} to {most}")

    return shape


def one_of(*values: str | int) -> Shape:
    """One of a closed list."""

    def shape(value: object, where: str) -> None:
        if isinstance(value, bool | float) or not isinstance(value, str | int) or value not in values:
            raise NotOfForm(f"{where} is none of {', '.join(map(str, values))}")

    return shape


def nothing_or(inner: Shape) -> Shape:
    """Null, or what `inner` takes."""

    def shape(value: object, where: str) -> None:
        if value is not None:
            inner(value, where)

    return shape


def either(*shapes: Shape) -> Shape:
    """What any of the shapes takes."""

    def shape(value: object, where: str) -> None:
        reasons = []
        for inner in shapes:
            try:
                return inner(value, where)
            except NotOfForm as error:
                reasons.append(str(error))
        raise NotOfForm(f"{where} is of no form: {'; '.join(reasons)}")

    return shape


def several(inner: Shape, most: int) -> Shape:
    """A list of at most so many."""

    def shape(value: object, where: str) -> None:
        if not isinstance(value, list) or len(value) > most:
            raise NotOfForm(f"{where} is no list of up to {most}")
        for number, each in enumerate(value):
            inner(each, f"{where}/{number}")

    return shape


def row(*shapes: Shape) -> Shape:
    """A list with exactly these members in this order."""

    def shape(value: object, where: str) -> None:
        if not isinstance(value, list) or len(value) != len(shapes):
            raise NotOfForm(f"{where} is no list of {len(shapes)}")
        for number, (inner, each) in enumerate(zip(shapes, value, strict=True)):
            inner(each, f"{where}/{number}")

    return shape


def record(required: Mapping[str, Shape], /, **optional: Shape) -> Shape:
    """An object with these keys, perhaps the optional ones, and no other."""
    known = {**optional, **required}

    def shape(value: object, where: str) -> None:
        if not isinstance(value, dict):
            raise NotOfForm(f"{where or 'its top'} is no object")
        if lacking := sorted(required.keys() - value.keys()):
            raise NotOfForm(f"{where or 'its top'} lacks {', '.join(lacking)}")
        for key, each in value.items():
            if key not in known:
                raise NotOfForm(f"{where or 'its top'} has a key that nobody asked for")
            known[key](each, f"{where}/{key}")

    return shape
