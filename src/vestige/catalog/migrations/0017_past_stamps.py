from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0016_corrections"),
    ]

    operations = [
        migrations.AddField(model_name="pastlog", name="succession", field=models.TextField(default="[]")),
        migrations.CreateModel(
            name="PastStamp",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("log", models.CharField(max_length=100)),
                ("size", models.BigIntegerField()),
                ("authority", models.CharField(max_length=500)),
                ("time", models.BigIntegerField()),
                ("token", models.BinaryField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("log", "size"), name="past_stamp_once")],
            },
        ),
    ]
