"""The one error tree: a message for people, a code for machines; what HTTP or an exit code makes of it is known only to web and cli.

`Refused` and `BadInput` are expected in normal work; `Fault` means that something which must hold does not.
"""


class VestigeError(Exception):
    """Base of every error that this system raises on purpose."""

    code = "error"


class BadInput(VestigeError):
    """The request or the input is wrong: what and why stands in the message."""

    code = "bad_input"


class NotFound(VestigeError):
    """There is no such thing, or the actor may not know that there is."""

    code = "not_found"


class Unseen(NotFound):
    """There is no such thing, or the actor may not know of it: the same words for both. Recorded as a refusal is."""


class WrongChecksum(BadInput):
    """What came in is not what was announced; nothing of it was kept."""

    code = "wrong_checksum"


class Refused(VestigeError):
    """A rule (permission, separation of duties, policy) says no."""

    code = "refused"


class Unavailable(VestigeError):
    """The disk, the database or a child process could not do it; trying again may help."""

    code = "unavailable"


class NotInstalled(Unavailable):
    """An optional part (a model, an extra) is not installed; the message says how to install it."""

    code = "not_installed"


class DiskFull(Unavailable):
    """No space is left to keep what came in."""

    code = "disk_full"


class LogUnwritable(Unavailable):
    """The log takes no event, so the act was not done: the database is full, read-only, locked, gone or has lost its guards."""

    code = "log_unwritable"


class Underway(Unavailable):
    """Somebody else is doing the same at this moment."""

    code = "underway"


class TrailMoved(Unavailable):
    """Another event joined the item's trail meanwhile; nothing was recorded."""

    code = "trail_moved"


class Fault(VestigeError):
    """Something that must hold does not: a digest, a signature, a chain, a trigger."""

    code = "fault"


class Tampered(Fault):
    """Bytes are not what was sealed or hashed."""

    code = "tampered"


class RenderFailed(VestigeError):
    """A redaction could not be rendered, or its output failed a check; no file was kept."""

    code = "render_failed"


class MediaFailed(VestigeError):
    """The media child could not read the file, ran past a limit or answered with something that is not an answer."""

    code = "media_failed"
