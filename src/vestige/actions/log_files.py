"""The log's files: checkpoint, tiles, entry bundles.

Keeping them is no act on evidence: they follow from committed events alone, whoever writes them writes the same bytes, and nothing is shown
to anybody. It records nothing: an event for each would ask for the next. What lets somebody have them (reading, proving, publishing) is an act.
"""

from vestige.actions.ports import Ports


def is_behind(ports: Ports) -> bool:
    """Whether the files lack something that is committed. Raises Fault for files that are not this log's."""
    return ports.catalog.log_behind()


def keep(ports: Ports) -> None:
    """Give waiting events their place, sign, and bring the files up to it. Raises Fault, Unavailable."""
    ports.catalog.write_log()
