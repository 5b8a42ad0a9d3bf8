# Which events wait for their place, and the roots of full tiles: both are filled from what the log holds already.

import hashlib
from typing import Any

import django.db.models.deletion
from django.db import migrations, models

WIDTH = 256


def fill(apps: Any, schema_editor: Any) -> None:
    Event, Sequenced = apps.get_model("catalog", "Event"), apps.get_model("catalog", "Sequenced")
    Waiting, FullTile = apps.get_model("catalog", "Waiting"), apps.get_model("catalog", "FullTile")
    Waiting.objects.bulk_create(
        (Waiting(event_id=seq) for seq in Event.objects.filter(sequenced__isnull=True).values_list("seq", flat=True).iterator()), 1000
    )
    row = [bytes(leaf) for leaf in Sequenced.objects.order_by("index").values_list("leaf", flat=True).iterator()]
    level = 0
    while len(row) >= WIDTH:
        row = [root(row[at : at + WIDTH]) for at in range(0, len(row) - WIDTH + 1, WIDTH)]
        FullTile.objects.bulk_create((FullTile(level=level, index=n, root=one) for n, one in enumerate(row)), 1000)
        level += 1


def root(hashes: list[bytes]) -> bytes:
    while len(hashes) > 1:
        hashes = [hashlib.sha256(b"\x01" + hashes[n] + hashes[n + 1]).digest() for n in range(0, len(hashes), 2)]
    return hashes[0]


class Migration(migrations.Migration):
    dependencies = [("catalog", "0004_past_log")]

    operations = [
        migrations.CreateModel(
            name="Waiting",
            fields=[
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="waiting",
                        serialize=False,
                        to="catalog.event",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="FullTile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("level", models.PositiveSmallIntegerField()),
                ("index", models.BigIntegerField()),
                ("root", models.BinaryField(max_length=32)),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("level", "index"), name="full_tile")]},
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
