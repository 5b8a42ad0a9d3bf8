"""What is trusted from elsewhere than the package: keys of logs, witnesses with a quorum, certificates of time-stamping authorities."""

import re
from dataclasses import dataclass

from cryptography import x509

from vestige_verify.errors import VerificationError
from vestige_verify.notes import Cosignature, VerifierKey, parse_key, parse_witness
from vestige_verify.stamps import parse_authorities

_PEM = re.compile(r"^-----BEGIN CERTIFICATE-----\n.*?^-----END CERTIFICATE-----$", re.MULTILINE | re.DOTALL)
_NUMBER = re.compile(r"[0-9]{1,3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Trust:
    """Keys of logs of which one must have signed, witnesses of which `quorum` must have cosigned, authorities whose clocks are believed.

    Witnesses stand here with the names that the trust file gives them; authorities are certificates. Empty: nothing is trusted.
    """

    logs: tuple[VerifierKey, ...] = ()
    witnesses: tuple[tuple[str, VerifierKey], ...] = ()
    quorum: int = 0
    authorities: tuple[x509.Certificate, ...] = ()

    def is_witness(self, key: VerifierKey) -> bool:
        """True for a witness that the file names, by key."""
        return any(key == witness for _, witness in self.witnesses)


def parse_trust(text: str) -> Trust:
    """Reads a trust file.

    Its lines: `log VKEY` or the key alone; `witness NAME VKEY`; `quorum N`, how many of the witnesses must have cosigned (all, where the
    line is not there); certificates in PEM; comments after `#`. Refuses every other line, a file without the key of a log, the name or the key of a
    witness that comes twice (nobody is counted twice, and no log is its own witness), and a quorum that cannot be reached.
    """
    logs: list[VerifierKey] = []
    witnesses: list[tuple[str, VerifierKey]] = []
    quorums: list[int] = []
    unix = text.replace("\r\n", "\n")
    for number, line in enumerate(_PEM.sub(_as_many_lines, unix).split("\n"), 1):
        try:
            _read(line.split(), logs, witnesses, quorums)
        except VerificationError as fault:
            raise VerificationError(f"line {number}: {fault.reason}") from None
    if not logs:
        raise VerificationError("there is no key of a log in it")
    names, keys = {name for name, _ in witnesses}, {key.public for _, key in witnesses}
    if not len(names) == len(keys) == len(witnesses) or not keys.isdisjoint(key.public for key in logs):
        raise VerificationError("a witness's name or key comes twice: nobody is counted twice, and no log is its own witness")
    quorum = quorums[0] if quorums else len(witnesses)
    if len(quorums) > 1 or quorum > len(witnesses):
        raise VerificationError(f"a quorum of {quorum} cannot be reached, or is said twice: there are {len(witnesses)} witnesses")
    return Trust(tuple(logs), tuple(witnesses), quorum, _authorities(_PEM.findall(unix)))


def check_quorum(found: list[Cosignature], trust: Trust) -> None:
    """Returns if as many of the trusted witnesses cosigned as must have; refuses fewer, and names those that did not."""
    cosigned = {cosignature.witness for cosignature in found}
    missing = [name for name, key in trust.witnesses if key not in cosigned]
    there = len(trust.witnesses) - len(missing)
    if there < trust.quorum:
        raise VerificationError(
            f"{trust.quorum} of the witnesses that you trust must have cosigned the log, and {there} did; not there: {', '.join(missing)}"
        )


def _read(words: list[str], logs: list[VerifierKey], witnesses: list[tuple[str, VerifierKey]], quorums: list[int]) -> None:
    match words:
        case []:
            pass
        case [first, *_] if first.startswith("#"):
            pass
        case ["log", key] | [key]:
            logs.append(parse_key(key))
        case ["witness", name, key]:
            witnesses.append((name, parse_witness(key)))
        case ["quorum", count] if _NUMBER.fullmatch(count):
            quorums.append(int(count))
        case _:
            raise VerificationError("this is neither `log KEY` nor `witness NAME KEY` nor `quorum N`")


def _authorities(blocks: list[str]) -> tuple[x509.Certificate, ...]:
    return parse_authorities("\n".join(blocks).encode()) if blocks else ()


def _as_many_lines(block: re.Match[str]) -> str:
    return "\n" * block[0].count("\n")
