"""Words every installation starts with: nobody should have to find them at night."""

from django.db import migrations, models

READY = [
    {
        "moment": "opening", "impact": "minor", "status": "investigating", "state": "degraded_performance", "minutes": 30,
        "name": {"en": "Slow", "de": "Langsam", "nb": "Tregt"},
        "title": {"en": "Slower than usual: {parts}", "de": "Langsamer als gewohnt: {parts}", "nb": "Tregere enn vanlig: {parts}"},
        "body": {
            "en": "Since {since} the following has been slower than usual: {parts}. Nothing is lost. We are looking for the cause and write again by {next_update}.",
            "de": "Seit {since} ist Folgendes langsamer als gewohnt: {parts}. Nichts geht verloren. Wir suchen die Ursache und schreiben bis {next_update} wieder.",
            "nb": "Siden {since} har følgende vært tregere enn vanlig: {parts}. Ingenting går tapt. Vi leter etter årsaken og skriver igjen innen {next_update}.",
        },
    },
    {
        "moment": "opening", "impact": "major", "status": "investigating", "state": "partial_outage", "minutes": 30,
        "name": {"en": "Partly not working", "de": "Teilweise gestört", "nb": "Virker delvis ikke"},
        "title": {"en": "Not everything works: {parts}", "de": "Nicht alles funktioniert: {parts}", "nb": "Ikke alt virker: {parts}"},
        "body": {
            "en": "Since {since} some requests have failed. Touched: {parts}. We are looking for the cause and write again by {next_update}.",
            "de": "Seit {since} schlägt ein Teil der Anfragen fehl. Betroffen: {parts}. Wir suchen die Ursache und schreiben bis {next_update} wieder.",
            "nb": "Siden {since} har noen forespørsler mislyktes. Berørt: {parts}. Vi leter etter årsaken og skriver igjen innen {next_update}.",
        },
    },
    {
        "moment": "opening", "impact": "critical", "status": "investigating", "state": "major_outage", "minutes": 15,
        "name": {"en": "Not working", "de": "Ausgefallen", "nb": "Nede"},
        "title": {"en": "Not working: {parts}", "de": "Ausgefallen: {parts}", "nb": "Virker ikke: {parts}"},
        "body": {
            "en": "Since {since} the following has not been working: {parts}. All hands are on it. We write again by {next_update}.",
            "de": "Seit {since} funktioniert Folgendes nicht: {parts}. Wir arbeiten mit allen Kräften daran. Wir schreiben bis {next_update} wieder.",
            "nb": "Siden {since} har følgende ikke virket: {parts}. Alle arbeider med saken. Vi skriver igjen innen {next_update}.",
        },
    },
    {
        "moment": "updating", "impact": "", "status": "investigating", "state": "", "minutes": 30,
        "name": {"en": "Still looking", "de": "Suche läuft noch", "nb": "Leter fortsatt"},
        "body": {
            "en": "We have not found the cause yet. Touched as before: {parts}. We write again by {next_update}.",
            "de": "Wir haben die Ursache noch nicht gefunden. Betroffen wie zuvor: {parts}. Wir schreiben bis {next_update} wieder.",
            "nb": "Vi har ikke funnet årsaken ennå. Berørt som før: {parts}. Vi skriver igjen innen {next_update}.",
        },
    },
    {
        "moment": "updating", "impact": "", "status": "identified", "state": "", "minutes": 60,
        "name": {"en": "Cause found", "de": "Ursache gefunden", "nb": "Årsak funnet"},
        "body": {
            "en": "We have found the cause and are repairing it. We write again by {next_update}.",
            "de": "Wir haben die Ursache gefunden und beheben sie. Wir schreiben bis {next_update} wieder.",
            "nb": "Vi har funnet årsaken og retter den. Vi skriver igjen innen {next_update}.",
        },
    },
    {
        "moment": "updating", "impact": "", "status": "monitoring", "state": "operational", "minutes": 60,
        "name": {"en": "Repaired, watching", "de": "Behoben, beobachtet", "nb": "Rettet, følges med på"},
        "body": {
            "en": "The cause is removed and {parts} should work again. We keep watching and write again by {next_update}.",
            "de": "Die Ursache ist behoben; {parts} sollte wieder funktionieren. Wir beobachten weiter und schreiben bis {next_update} wieder.",
            "nb": "Årsaken er fjernet, og {parts} skal virke igjen. Vi følger med videre og skriver igjen innen {next_update}.",
        },
    },
    {
        "moment": "resolving", "impact": "", "status": "", "state": "", "minutes": None,
        "name": {"en": "Over", "de": "Behoben", "nb": "Over"},
        "body": {
            "en": "What began at {since} is over: {parts} works as before. We are sorry. We will tell here what we learnt.",
            "de": "Was um {since} begann, ist vorbei: {parts} funktioniert wie zuvor. Wir bitten um Entschuldigung. Was wir daraus lernen, steht bald hier.",
            "nb": "Det som begynte {since}, er over: {parts} virker som før. Vi beklager. Hva vi har lært, forteller vi her.",
        },
    },
    {
        "moment": "resolving", "impact": "", "status": "", "state": "", "minutes": None,
        "name": {"en": "False alarm", "de": "Fehlalarm", "nb": "Falsk alarm"},
        "body": {
            "en": "It was a false alarm of our measuring. {parts} worked all the time.",
            "de": "Es war ein Fehlalarm unserer Messung. {parts} hat die ganze Zeit funktioniert.",
            "nb": "Det var en falsk alarm fra målingen vår. {parts} virket hele tiden.",
        },
    },
    {
        "moment": "looking_back", "impact": "", "status": "", "state": "", "minutes": None,
        "name": {"en": "Four questions", "de": "Vier Fragen", "nb": "Fire spørsmål"},
        "body": {
            "en": "## What happened\n\nBegan {since}. Touched: {parts}.\n\n## Why\n\n## What went well, and what did not\n\n## What we change, and by when\n\n- \n",
            "de": "## Was geschah\n\nBeginn {since}. Betroffen: {parts}.\n\n## Warum\n\n## Was gut ging und was nicht\n\n## Was wir ändern und bis wann\n\n- \n",
            "nb": "## Hva som skjedde\n\nBegynte {since}. Berørt: {parts}.\n\n## Hvorfor\n\n## Hva som gikk bra, og hva som ikke gjorde det\n\n## Hva vi endrer, og innen når\n\n- \n",
        },
    },
]  # fmt: skip


def keep(apps, schema_editor):
    template = apps.get_model("availability", "IncidentTemplate")
    for position, said in enumerate(READY, start=1):
        template.objects.using(schema_editor.connection.alias).create(position=position, **said)


class Migration(migrations.Migration):
    dependencies = [("availability", "0007_notice_reach")]

    operations = [
        migrations.AlterField(
            "incidenttemplate",
            "moment",
            models.CharField(
                choices=[
                    ("opening", "Opening"),
                    ("updating", "Saying how far we are"),
                    ("resolving", "Resolving"),
                    ("looking_back", "Looking back"),
                ],
                max_length=12,
                verbose_name="for",
            ),
        ),
        migrations.AlterField(
            "incidenttemplate", "title", models.JSONField(blank=True, default=dict, verbose_name="title")
        ),
        migrations.AlterField("incidenttemplate", "minutes", models.PositiveSmallIntegerField(blank=True, null=True)),
        migrations.RunPython(keep, migrations.RunPython.noop),
    ]
