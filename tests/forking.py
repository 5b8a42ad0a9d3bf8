"""The command line in processes of its own, each forked from one that has the program loaded: loading it takes longer than most commands."""

import atexit
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from threading import Lock

ROOT = Path(__file__).parents[1]
_ONE_AT_A_TIME = Lock()


def command(*words: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run `vestige` with those words, as `subprocess.run` would; in this environment where none is given."""
    with tempfile.TemporaryDirectory() as folder, _ONE_AT_A_TIME:
        out, told = Path(folder, "out"), Path(folder, "told")
        wanted = {
            "words": words,
            "env": dict(os.environ if env is None else env),
            "cwd": str(Path.cwd()),
            "out": str(out),
            "told": str(told),
        }
        server = _server()
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(json.dumps(wanted) + "\n")
        server.stdin.flush()
        code = int(server.stdout.readline())
        return subprocess.CompletedProcess(["vestige", *words], code, out.read_text(), told.read_text())


@cache
def _server() -> "subprocess.Popen[str]":
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])}
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.forking"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT
    )
    atexit.register(server.communicate)  # what it reads from ends, and so does it
    return server


def _serve() -> None:
    import django

    os.environ.pop("VESTIGE_HOME", None)
    os.environ["DJANGO_SETTINGS_MODULE"] = "vestige.settings"
    django.setup()
    from vestige.cli.main import command_line

    command_line()
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _run(json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _run(wanted: dict[str, str]) -> None:
    from vestige.cli.main import main

    os.environ.clear()
    os.environ.update(wanted["env"])
    os.chdir(wanted["cwd"])
    for number, path in enumerate((os.devnull, wanted["out"], wanted["told"])):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT if number else os.O_RDONLY, 0o600), number)
    sys.argv = ["vestige", *wanted["words"]]
    code = 0
    try:
        main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001  # told as the interpreter would, and ended there: the loop around it is another process's
        sys.excepthook(*sys.exc_info())
        code = 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve()
