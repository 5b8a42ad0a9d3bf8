import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from vestige.evidence.completeness import places_of

_PART = 1000


def fill(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:  # noqa: ARG001  # Django's shape
    """The places of what is here, as files that came by themselves told them; what docks sent is counted by time, not by name."""
    items = apps.get_model("catalog", "EvidenceItem").objects.filter(parent__isnull=True, recording__device__isnull=False)
    alone = items.exclude(probe__has_key="attached").exclude(sent_as__isnull=False).order_by("id")
    place = apps.get_model("catalog", "FilePlace")
    rows = (
        place(item_id=item, device_id=device, family=one.family, number=one.number)
        for item, device, name in alone.values_list("id", "recording__device", "filename").iterator(chunk_size=_PART)
        for one in places_of(name)
    )
    place.objects.bulk_create(rows, batch_size=_PART)


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0017_past_stamps"),
    ]

    operations = [
        migrations.CreateModel(
            name="FilePlace",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("family", models.CharField(max_length=40)),
                ("number", models.IntegerField()),
                (
                    "device",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="places", to="catalog.device"
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="places", to="catalog.evidenceitem"),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["device", "family", "number"], name="file_place")],
            },
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
