"""A published log of a million entries, checked whole by the verifier."""

from benchmarks.measure import RUNS, folder, median, say, timed

ENTRIES = 1_000_000


def run() -> None:
    """Entries are well-formed and commit to nothing; the folder takes about 1 GB while this runs."""
    from verifier.tests.tiles import entries, publish
    from verifier.tests.writer import key

    from vestige_verify.log import verify_log
    from vestige_verify.notes import parse_key
    from vestige_verify.trust import Trust

    with folder("published") as where:
        publish(where, key(1), entries(ENTRIES))
        trust = Trust(logs=(parse_key(key(1).vkey),))

        def verify() -> None:
            if not verify_log(where, trust).verified:
                raise RuntimeError("the log does not verify")

        times = [timed(verify) for _ in range(RUNS)]
        say(f"verifying a published log of {ENTRIES} events", f"{median(times):.1f} s", "goal under 20 s")
