"""Words every installation starts with are put otherwise where nobody has changed them: a false alarm need not be one of
our measuring, and a state is called by one name everywhere."""

from django.db import migrations

OTHERWISE = [  # field, language, what it said, what it says
    ("name", "de", "Behoben, beobachtet", "Repariert, wird beobachtet"),
    ("name", "nb", "Rettet, følges med på", "Reparert, følges opp"),
    ("name", "en", "Repaired, watching", "Repaired, being watched"),
    ("body", "en", "It was a false alarm of our measuring. {parts} worked all the time.",
     "It was a false alarm. {parts} worked all the time."),
    ("body", "de", "Es war ein Fehlalarm unserer Messung. {parts} hat die ganze Zeit funktioniert.",
     "Es war ein Fehlalarm. {parts} hat die ganze Zeit funktioniert."),
    ("body", "nb", "Det var en falsk alarm fra målingen vår. {parts} virket hele tiden.",
     "Det var falsk alarm. {parts} virket hele tiden."),
]  # fmt: skip


def put(apps, schema_editor):
    template = apps.get_model("availability", "IncidentTemplate")
    for kept in template.objects.using(schema_editor.connection.alias).all():
        for field, language, before, after in OTHERWISE:
            said = getattr(kept, field)
            if said.get(language) == before:
                setattr(kept, field, said | {language: after})
        kept.save(update_fields=["name", "body"])


class Migration(migrations.Migration):
    dependencies = [("availability", "0017_keep_job")]

    operations = [migrations.RunPython(put, migrations.RunPython.noop)]
