"""Every event type of the custody format (section 5), as a sentence for somebody who never saw the system."""

from collections.abc import Mapping
from types import MappingProxyType

SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "access:refused": "Somebody asked for something that the rules do not allow, and was refused.",
        "agency:founded": "The agency's evidence system was set up.",
        "anchor:written": "A statement of how long the record was, and of one number that stands for all of it, was written for keeping elsewhere.",
        "assignment:closed": "A camera was handed back.",
        "assignment:opened": "A camera was handed to a person.",
        "backup:made": "A backup of the whole system was made.",
        "card:erased": "The file was deleted from the camera's card, after the stored copy was read back and found equal.",
        "category:assigned": "The recording was put in another category.",
        "checkpoint:cosigned": "An outside witness was asked to confirm that this record had only grown since it last looked.",
        "checkpoint:stamped": "An outside time service confirmed when this record had reached its length.",
        "device:listed": "Somebody looked at the list of cameras.",
        "device:registered": "A camera was entered in the system.",
        "finding:closed": "An open question was closed, with a reason.",
        "finding:listed": "Somebody looked at the list of open questions.",
        "finding:opened": "The system noted something that needs a person's attention.",
        "fixity:checked": "The stored file was read again and compared with the digital fingerprint taken on arrival.",
        "home:checked": "The whole system was checked for damage and changes.",
        "home:migrated": "The system was brought forward to a later version.",
        "home:repaired": "Stored files that had been lost or damaged were put back from a backup.",
        "home:restored": "The system was restored from a backup; a new record begins here, which holds the old one.",
        "intake:swept": "Remains of an interrupted intake were removed; that file had never been confirmed as received.",
        "item:accessioned": "The file was examined and accepted as evidence.",
        "item:clipped": "A part of the recording was copied, picture by picture as it is; the original was not touched.",
        "item:duplicate_received": "The same file was sent again by the same sender; nothing new was stored.",
        "item:listed": "Somebody looked at a list of recordings.",
        "item:prepared": "The system made working copies for viewing; the original was not touched.",
        "item:quarantined": "The file could not be read reliably; it is kept apart, unchanged.",
        "item:received": "The file arrived and was stored, sealed and unchanged.",
        "item:shown": "Somebody read the facts about the recording.",
        "key:drilled": "It was tried whether the recovery kit still opens the stored files.",
        "key:revoked": "A key was declared unfit for further use.",
        "key:rotated": "The key that protects the stored files' own keys was replaced by a new one.",
        "key:split": "A recovery kit was made: shares for several people, some of whom together can bring lost keys back.",
        "log:interrupted": "For a time nothing could be entered in this record, and so nothing was done in the system.",
        "log:published": "The log (how many entries, of which types, when; nothing of whom) was written out, to be published.",
        "log:read": "Somebody looked at the record of what was done in the system.",
        "log:rekeyed": "The key that signs this record was replaced; the old key signed a statement that names the new one.",
        "model:installed": "A program that finds faces, so that they can be hidden, was installed.",
        "model:listed": "Somebody looked at the list of installed face-finding programs.",
        "package:created": "A package like this one was made, to be given out.",
        "person:added": "A person was entered in the system.",
        "person:invited": "A person was invited to choose a password.",
        "person:joined": "A person used an invitation and chose a password.",
        "person:listed": "Somebody looked at the list of people.",
        "person:sign_in_failed": "Somebody tried to sign in and failed.",
        "person:signed_in": "A person signed in.",
        "person:signed_out": "A person signed out.",
        "policy:read": "Somebody read the agency's rules.",
        "redaction:approved": "A second person approved what is to be hidden.",
        "redaction:planned": "It was laid down, or changed, what is to be hidden in the picture and the sound.",
        "redaction:rendered": "A copy with parts of the picture or sound hidden was made; the original was not touched.",
        "redaction:reviewed": "A person checked a part of the recording against what is to be hidden.",
        "restore:tested": "A backup was tried out: it was restored to another place and checked.",
        "review:read": "Somebody read the weekly review of this record.",
        "review:signed": "A person signed the weekly review of this record, with a note.",
        "role:granted": "A person was given a role, and with it rights.",
        "role:withdrawn": "A role was taken from a person.",
        "trail:read": "Somebody read this record of what was done.",
        "viewing:ended": "Somebody stopped watching the recording.",
        "viewing:started": "Somebody began to watch the recording.",
        "witness:added": "An outside witness was chosen, to confirm that this record only grows.",
        "witness:withdrawn": "An outside witness is no longer asked.",
    }
)


def sentence(event_type: str) -> str:
    """The sentence of that type. Raises ValueError for a type that the custody format does not know."""
    if event_type not in SENTENCES:
        raise ValueError(f"no event type is called {event_type!r}")
    return SENTENCES[event_type]
