from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0017_past_stamps"),
    ]

    operations = [
        migrations.AddField(model_name="dock", name="certificate", field=models.TextField(null=True)),
    ]
