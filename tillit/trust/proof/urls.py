from django.urls import URLPattern, URLResolver, include, path, re_path

from tillit.trust.proof import checks_urls
from tillit.trust.proof.views import log, tiles, witness

app_name = "proof"
PATH = r"(?P<path>[x\d/]{3,50}(?:\.p/\d{1,3})?)"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include(checks_urls.urlpatterns)),
    path("trust/log/", log.log, name="log"),
    re_path(r"^trust/log/(?P<index>\d{1,17})/$", log.entry, name="entry"),
    path("trust/feed.atom", log.feed, name="feed"),
    path("trust/log/panel", log.panel, name="log_panel"),
    path("trust/log/checkpoint", tiles.checkpoint, name="checkpoint"),
    path("trust/log/key", tiles.key, name="key"),
    re_path(rf"^trust/log/tile/entries/{PATH}$", tiles.bundle, name="bundle"),
    re_path(rf"^trust/log/tile/(?P<level>\d|[1-5]\d|6[0-3])/{PATH}$", tiles.tile, name="tile"),
    re_path(r"^trust/log/content/(?P<index>\d{1,17})\.json$", tiles.content, name="content"),
    re_path(r"^trust/log/contents/(?P<number>\d{1,14})\.json$", tiles.contents, name="contents"),
    path("trust/register.json", tiles.register, name="register_json"),
    path("trust/log/cosignatures", witness.take, name="cosignatures"),
    path("trust/witness/key", witness.key, name="witness_key"),
    re_path(r"^trust/witness/(?P<address>[0-9a-f]{64})$", witness.cosigned, name="cosigned"),
    re_path(r"^trust/witness/(?P<address>[0-9a-f]{64})/evidence$", witness.evidence, name="evidence"),
]
