"""Failed sign-ins are counted, not written one by one."""

from vestige.web.failures import MINUTE_MS, MOST_A_MINUTE, Failures


def test_a_source_that_fails_too_often_waits_until_the_minute_is_over() -> None:
    failures = Failures()
    for _ in range(MOST_A_MINUTE):
        assert not failures.too_many("10.0.0.1", 5)
        failures.add("10.0.0.1", 5)
    assert failures.too_many("10.0.0.1", MINUTE_MS - 1)
    assert not failures.too_many("10.0.0.1", MINUTE_MS)
    assert not failures.too_many("10.0.0.2", 5)


def test_a_minute_that_is_over_is_taken_once_with_its_count() -> None:
    failures = Failures()
    for at in (0, 10, MINUTE_MS + 1):
        failures.add("10.0.0.1", at)
    assert failures.take(1) == [("10.0.0.1", 0, 2)]
    assert failures.take(1) == []
    assert failures.take(2) == [("10.0.0.1", MINUTE_MS, 1)]


def test_a_flood_of_sources_stays_small() -> None:
    failures = Failures()
    for number in range(10_500):
        failures.add(f"source {number}", 0)
    assert len(failures.counts) == 10_001
    assert failures.counts[("many sources", 0)] == 500
