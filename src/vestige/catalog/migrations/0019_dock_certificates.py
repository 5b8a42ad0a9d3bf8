from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0018_file_places"),
    ]

    operations = [
        migrations.AddField(model_name="dock", name="certificate", field=models.TextField(null=True)),
    ]
