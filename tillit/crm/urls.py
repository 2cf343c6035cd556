from django.urls import URLPattern, path

from tillit.crm.views import cards, exporting, finding, listing, making, selecting

app_name = "crm"


def _pages(kind: str, plural: str) -> list[URLPattern]:
    """The pages of one kind of record, below `/companies/` or `/persons/`."""
    about = {"kind": kind}
    one = f"{plural}/<int:number>"
    return [
        path(f"{plural}/", listing.records, about, name=plural),
        path(f"{plural}/filters/", listing.filters, about, name=f"{kind}_filters"),
        path(f"{plural}/columns/", listing.columns, about, name=f"{kind}_columns"),
        path(f"{plural}/export.csv", exporting.export, about | {"form": "csv"}, name=f"{kind}_csv"),
        path(f"{plural}/export.xlsx", exporting.export, about | {"form": "xlsx"}, name=f"{kind}_xlsx"),
        path(f"{plural}/selections/new/", selecting.keep, about, name=f"{kind}_keep"),
        path(f"{plural}/selections/<int:number>/forget/", selecting.forget, about, name=f"{kind}_forget"),
        path(f"{plural}/new/", making.new, about, name=f"{kind}_new"),
        path(f"{one}/", cards.record, about, name=kind),
        path(f"{one}/edit/", cards.edit, about, name=f"{kind}_edit"),
        path(f"{one}/archive/", cards.archive, about, name=f"{kind}_archive"),
        path(f"{one}/restore/", cards.restore, about, name=f"{kind}_restore"),
        path(f"{one}/history/", cards.history, about, name=f"{kind}_history"),
    ]


urlpatterns = [
    *_pages("company", "companies"),
    *_pages("person", "persons"),
    path("companies/suggest/", finding.suggest, name="suggest"),
    path("search/", finding.search, name="search"),
]
