"""Every file of `verifier/vectors` that is made here, by its path."""

from verifier.tests.vectors import (
    bags,
    boxes,
    hidden,
    late,
    logs,
    manifests,
    measured,
    plain,
    profiles,
    proofs,
    samples,
    samples_matroska,
    signed,
    stamps,
    successions,
    trails,
    tree,
    worlds,
)


def everything() -> dict[str, bytes]:
    """The text of each file. Nothing is drawn by chance and no clock is read: it is the same each time."""
    text, bases = worlds.bases(successions.STATEMENTS, {measured.BASE: measured.base()})
    film_cases = samples.samples()
    samples_matroska.of_matroska(film_cases)
    boxes.boxes(film_cases)
    boxes.tables(film_cases)
    areas = {
        "canonical.json": plain.canonical(),
        "checkpoints.json": signed.checkpoints(),
        "commitments.json": plain.commitments(),
        "consistency.json": tree.consistent(),
        "entries.json": plain.entries(),
        "inclusion.json": tree.inclusion(),
        "keys.json": signed.keys(),
        "logs.json": logs.logs(),
        "parameters.json": plain.parameters(),
        "samples.json": film_cases,
        "stamps.json": stamps.stamps(),
        "trust.json": signed.trust_files(stamps.CLOCK.pem),
        "packages/bag.json": bags.bag(bases),
        "packages/hidden.json": hidden.hidden(bases),
        "packages/manifest.json": manifests.manifests(bases),
        "packages/profiles.json": profiles.profiles(bases),
        "packages/measured.json": measured.measured(bases),
        "packages/proof.json": proofs.proof(bases),
        "packages/samples.json": late.samples(bases),
        "packages/succession.json": successions.succession(bases),
        "packages/time.json": late.times(bases),
        "packages/trail.json": trails.trails(bases),
        "packages/witnesses.json": proofs.witnesses(bases),
    }
    return {"packages/bases.json": text} | {name: area.text() for name, area in areas.items()}
