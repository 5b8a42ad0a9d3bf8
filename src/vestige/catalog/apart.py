"""A function of the catalog called in several processes at once: each opens the same database, answers once, and ends."""

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any

from vestige.errors import Unavailable


@contextmanager
def answers(module: str, function: str, calls: Iterable[tuple[int, ...]]) -> Iterator[Iterator[Any]]:
    """The answers, in the order of the calls, which go on meanwhile. Raises what a call raised; Unavailable where its process was killed."""
    with ExitStack() as started:
        waiting = [started.enter_context(_called(module, function, call)) for call in calls]
        yield (take() for take in waiting)


@contextmanager
def _called(module: str, function: str, call: tuple[int, ...]) -> Iterator[Callable[[], Any]]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(theirs, module, function, call), daemon=True)
    process.start()
    theirs.close()
    try:
        yield partial(_taken, ours)
    finally:
        ours.close()
        process.kill()
        process.join()


def _taken(ours: Connection) -> Any:  # noqa: ANN401  # whatever the function returns
    try:
        done, answer = ours.recv()
    except EOFError as error:
        raise Unavailable("a process that helped was ended from outside") from error
    if not done:
        raise answer
    return answer


def _answer(theirs: Connection, module: str, function: str, call: tuple[int, ...]) -> None:
    """In the other process, before anything of the catalog can be imported there."""
    import django

    try:
        django.setup()
        answer = (True, getattr(import_module(module), function)(*call))
    except Exception as error:  # noqa: BLE001  # the edge of a process: it is raised in the one that called
        answer = (False, error)
    theirs.send(answer)
