"""AAC-LC (ISO/IEC 14496-3), read to its last bit: what of a sample is sound, and what lies beside it.

A sample may carry bytes that no listener hears: data, fill, whatever stands behind its end. To say that a sample is nothing but sound, every
codeword before those must be read; so this reads them all, and decodes none.
"""

from dataclasses import dataclass
from functools import cache

from vestige.errors import MediaFailed
from vestige.media import aac_books as books

FRAME = 1024  # instants of one sample
RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000)
ONLY_LONG, LONG_START, EIGHT_SHORT, LONG_STOP = range(4)
_SINGLE, _PAIR, _DATA, _FILL, _END = 0, 1, 4, 6, 7
_NOISE, _INTENSITY, _RESERVED = 13, frozenset({14, 15}), 12
_REPLICATED = frozenset({13, 14})  # extensions that a decoder makes sound of (SBR)
_PEEK = 19  # bits of the longest codeword


class NotPlain(MediaFailed):
    """A sample, or the description of a sound, that is not plain AAC-LC in one channel or two."""


@dataclass(frozen=True, slots=True)
class Coding:
    """How a sound is coded: instants a second (one of `RATES`), and one channel or two."""

    rate: int
    channels: int


@dataclass(frozen=True, slots=True)
class Piece:
    """One sample: its window's sequence and shape, the bits (from, to) of its one channel element, and whether it holds nothing else.

    Empty fill, and the up to seven bits that fill the last byte, count as nothing.
    """

    sequence: int
    shape: int
    element: tuple[int, int]
    alone: bool


@dataclass(slots=True)
class _Window:
    sequence: int = ONLY_LONG
    shape: int = 0
    bands: int = 0
    groups: tuple[int, ...] = (1,)

    @property
    def short(self) -> bool:
        return self.sequence == EIGHT_SHORT


class _Bits:
    """The bits of a sample, from the first on."""

    def __init__(self, data: bytes) -> None:
        self.length = 8 * len(data)
        self.at = 0
        self._value = int.from_bytes(data, "big") << _PEEK

    def take(self, count: int) -> int:
        """The next bits. Raises NotPlain behind the end."""
        self.at += count
        if self.at > self.length:
            raise NotPlain("a sample of the sound is cut off")
        return self._value >> (self.length + _PEEK - self.at) & ((1 << count) - 1)

    def skip_words(self, count: int, table: list[int]) -> int:
        """Skip that many codewords of a book with their signs; returns the sum of their values (of a book of single values)."""
        at, value, top, total = self.at, self._value, self.length, 0
        for _ in range(count):
            if at >= top:
                raise NotPlain("a sample of the sound is cut off")
            found = table[value >> (top - at) & 0x7FFFF]
            at += found & 63
            total += found >> 8
            if found & 0xC0:
                at = self._escapes(at, found >> 6 & 3)
        self.at = at
        return total

    def _escapes(self, at: int, count: int) -> int:
        self.at = at
        for _ in range(count):
            ones = 0
            while self.take(1):
                ones += 1
                if ones > 8:
                    raise NotPlain("a sample of the sound holds a value beyond all values")
            self.take(ones + 4)
        return self.at


def piece(data: bytes, coding: Coding) -> Piece:
    """What a sample holds. Raises NotPlain where it is not one channel element (of one channel, or two) and what may lie beside sound."""
    bits, found, empty = _Bits(data), None, True
    while (kind := bits.take(3)) != _END:
        if kind == _DATA:
            empty = False
            _data(bits)
        elif kind == _FILL:
            empty &= _empty_fill(bits)
        elif kind == (_SINGLE if coding.channels == 1 else _PAIR) and found is None:
            start = bits.at - 3
            window = _channels(bits, coding)
            found = (window, (start, bits.at))
        else:
            raise NotPlain("a sample of the sound holds other channels than its description says")
    if found is None:
        raise NotPlain("a sample of the sound holds no sound")
    window, element = found
    return Piece(window.sequence, window.shape, element, empty and bits.length - bits.at < 8)


def only_sound(data: bytes, found: Piece) -> bytes:
    """The sample with nothing but its channel element."""
    start, end = found.element
    bits = int.from_bytes(data, "big") >> (8 * len(data) - end) & ((1 << end - start) - 1)
    length = end - start + 3
    return ((bits << 3 | _END) << (-length % 8)).to_bytes((length + 7) // 8, "big")


def silence(coding: Coding, sequence: int, shape: int) -> bytes:
    """A sample without any sound, of a window of that sequence and shape."""
    ics = f"0{sequence:02b}{shape:b}" + ("0000" + "1" * 7 if sequence == EIGHT_SHORT else "0000000")
    gain, rest = "0" * 8, "000"  # no pulses, no noise shaping, no gain control
    single = "000" + "0000" + gain + ics + rest
    text = single if coding.channels == 1 else "001" + "0000" + "1" + ics + "00" + (gain + rest) * 2
    text += "111"
    text += "0" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big")


def _channels(bits: _Bits, coding: Coding) -> _Window:
    """Read the channels of an element; the window of the first."""
    bits.take(4)
    window = _Window()
    if coding.channels == 1:
        _channel(bits, window, coding, shared=False)
        return window
    shared = bool(bits.take(1))
    if shared:
        _window(bits, window, coding)
        _both(bits, window)
    _channel(bits, window, coding, shared=shared)
    _channel(bits, window if shared else _Window(), coding, shared=shared)
    return window


def _data(bits: _Bits) -> None:
    bits.take(4)
    aligned, count = bits.take(1), bits.take(8)
    count += bits.take(8) if count == 255 else 0
    bits.take(-bits.at % 8 if aligned else 0)
    bits.take(8 * count)


def _empty_fill(bits: _Bits) -> bool:
    count = bits.take(4)
    count += bits.take(8) - 1 if count == 15 else 0
    if not count:
        return True
    payload = bits.take(8 * count)
    if payload >> (8 * count - 4) in _REPLICATED:
        raise NotPlain("the sound is made of more than AAC-LC (SBR)")
    return payload in {0, int.from_bytes(b"\x10" + b"\xa5" * (count - 1), "big")}


def _window(bits: _Bits, window: _Window, coding: Coding) -> None:
    if bits.take(1):
        raise NotPlain("a sample of the sound has a reserved bit set")
    window.sequence, window.shape = bits.take(2), bits.take(1)
    if window.short:
        window.bands = bits.take(4)
        lengths = [1]
        for bit in f"{bits.take(7):07b}":
            if bit == "1":
                lengths[-1] += 1
            else:
                lengths.append(1)
        window.groups = tuple(lengths)
    else:
        window.bands, window.groups = bits.take(6), (1,)
        if bits.take(1):
            raise NotPlain("the sound is predicted from what came before (AAC Main)")
    if window.bands >= len(_offsets(coding.rate, short=window.short)):
        raise NotPlain("a sample of the sound has more bands than there are")


def _both(bits: _Bits, window: _Window) -> None:
    """Which bands of two channels are coded as their sum and difference."""
    mask = bits.take(2)
    if mask == 3:
        raise NotPlain("a sample of the sound has a reserved mask")
    if mask == 1:
        bits.take(window.bands * len(window.groups))


def _channel(bits: _Bits, window: _Window, coding: Coding, *, shared: bool) -> None:
    bits.take(8)
    if not shared:
        _window(bits, window, coding)
    sections = _sections(bits, window)
    _scale_factors(bits, sections)
    if bits.take(1):
        if window.short:
            raise NotPlain("a sample of the sound has pulses where there are none")
        count = bits.take(2) + 1
        bits.take(6 + 9 * count)
    if bits.take(1):
        _noise_shaping(bits, window)
    if bits.take(1):
        raise NotPlain("the sound has a gain control (AAC SSR)")
    offsets = _offsets(coding.rate, short=window.short)
    for group, book, start, end in sections:
        if 0 < book <= books.ESCAPE:
            lines = (offsets[end] - offsets[start]) * window.groups[group]
            bits.skip_words(lines // books.DIMENSIONS[book], _table(book))
    if bits.at > bits.length:
        raise NotPlain("a sample of the sound is cut off")


def _sections(bits: _Bits, window: _Window) -> list[tuple[int, int, int, int]]:
    """Group, book, first and last band of each stretch that one book codes."""
    found, width = [], 3 if window.short else 5
    for group in range(len(window.groups)):
        band = 0
        while band < window.bands:
            book, start = bits.take(4), band
            more = bits.take(width)
            while more == (1 << width) - 1:
                band += more
                more = bits.take(width)
            band += more
            if book == _RESERVED or band > window.bands:
                raise NotPlain("a sample of the sound has a section that cannot be")
            found.append((group, book, start, band))
    return found


def _scale_factors(bits: _Bits, sections: list[tuple[int, int, int, int]]) -> None:
    noisy = False
    for _, book, start, end in sections:
        count = end - start if book else 0
        if book == _NOISE and count and not noisy:
            noisy = True
            bits.take(9)
            count -= 1
        bits.skip_words(count, _table(0))


def _noise_shaping(bits: _Bits, window: _Window) -> None:
    short = window.short
    for _ in range(8 if short else 1):
        filters = bits.take(1 if short else 2)
        fine = bits.take(1) if filters else 0
        for _ in range(filters):
            bits.take(4 if short else 6)
            order = bits.take(3 if short else 5)
            if order:
                bits.take(1)
                bits.take(order * (3 + fine - bits.take(1)))


@cache
def _offsets(rate: int, *, short: bool) -> tuple[int, ...]:
    """Where each scale factor band begins, and where the last ends."""
    bands = books.SHORT_BANDS if short else books.LONG_BANDS
    widths = min((highest, words) for highest, words in bands if highest >= rate)[1]
    offsets = [0]
    for word in widths.split():
        width, _, count = word.partition("x")
        offsets += [offsets[-1] + int(width) * step for step in range(1, int(count) + 1)]
    return tuple(offsets)


@cache
def _table(book: int) -> list[int]:
    """For each value of the next bits: how many a codeword takes with its signs, and how many escapes follow it (from bit 6)."""
    table = [0] * (1 << _PEEK)
    span = 2 * books.LARGEST[book] + 1
    values = books.LARGEST[book] + 1 if book in books.UNSIGNED else span
    for index, digit in enumerate(books.LENGTHS[book]):
        length = int(digit, 36)
        code = int(books.CODES[book][index * books.WIDTH : (index + 1) * books.WIDTH], 16)
        parts = [index // values**place % values for place in range(books.DIMENSIONS[book])] if book in books.UNSIGNED else []
        escapes = sum(part == books.LARGEST[book] for part in parts) if book == books.ESCAPE else 0
        entry = length + sum(map(bool, parts)) | escapes << 6
        first = code << _PEEK - length
        table[first : first + (1 << _PEEK - length)] = [entry] * (1 << _PEEK - length)
    return table
