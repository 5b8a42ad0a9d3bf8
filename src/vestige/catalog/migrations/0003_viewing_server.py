from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_viewing_served_exact")]

    operations = [
        migrations.AddField(model_name="viewing", name="server", field=models.CharField(blank=True, max_length=32)),
        migrations.AddIndex(
            model_name="viewing",
            index=models.Index(condition=models.Q(("ended_at__isnull", True)), fields=["id"], name="viewing_open"),
        ),
    ]
