"""A published log of a million entries, checked whole by the verifier."""

from benchmarks.fsck import EVENTS, LIMIT_S
from benchmarks.measure import RUNS, at_most, folder, median, timed


def run() -> None:
    """Entries are well-formed and commit to nothing; the folder takes a kilobyte for each."""
    from verifier.tests.tiles import entries, publish
    from verifier.tests.writer import key

    from vestige_verify.log import verify_log
    from vestige_verify.notes import parse_key
    from vestige_verify.trust import Trust

    with folder("published", 1_100 * EVENTS) as where:
        publish(where, key(1), entries(EVENTS))
        trust = Trust(logs=(parse_key(key(1).vkey),))

        def verify() -> None:
            if not verify_log(where, trust).verified:
                raise RuntimeError("the log does not verify")

        times = [timed(verify) for _ in range(RUNS)]
        at_most(f"verifying a published log of {EVENTS} events", median(times), LIMIT_S, "s")
