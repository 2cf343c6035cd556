from django.urls import URLPattern, URLResolver, include, path

from tillit.availability import api, feeds, panels
from tillit.availability.views import announcing, incidents, maintenance, postmortem, public, revising, templates
from tillit.availability.views.mails import mail_choice
from tillit.availability.views.notice import proof, receipt, receipts

app_name = "availability"

statuspage = [
    path("summary.json", api.statuspage_view(api.summary)),
    path("status.json", api.statuspage_view(api.status)),
    path("components.json", api.statuspage_view(api.components)),
    path("incidents.json", api.statuspage_view(api.incidents)),
    path("incidents/unresolved.json", api.statuspage_view(api.unresolved_incidents)),
    path("scheduled-maintenances.json", api.statuspage_view(api.scheduled_maintenances)),
    path("scheduled-maintenances/upcoming.json", api.statuspage_view(api.upcoming_maintenances)),
    path("scheduled-maintenances/active.json", api.statuspage_view(api.active_maintenances)),
    path("components/c<int:key>.json", api.component),
    path("incidents/i<int:key>.json", api.incident),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("status/", public.status, name="status"),
    path("status/maintenance/", public.year, name="year"),
    path("status/incidents/<int:pk>/", public.incident, name="incident_page"),
    path("status/maintenance/<int:pk>/", public.window, name="window_page"),
    path("status/maintenance.ics", feeds.calendar, name="calendar_feed"),
    path("status/maintenance.atom", feeds.plan, name="plan_feed"),
    path("status/feed.atom", feeds.atom, name="atom_feed"),
    path("status/feed.json", feeds.json_feed, name="json_feed"),
    path("status/vectors/<slug:name>.json", api.vector, name="vectors"),
    path("status/api/v2/", include(statuspage)),
    path("api/v2/", include(statuspage)),  # where readers look that know a host only
    path("status/history.atom", feeds.atom),  # as Statuspage calls it
    path("status/history.rss", feeds.rss, name="rss_feed"),
    path("trust/maintenance.json", api.maintenance, name="maintenance_json"),
    path("api/state/<slug:slug>", api.tenant_state, name="tenant_state"),
    path("status/panels/sign-in", panels.sign_in_notice, name="sign_in_notice"),
    path("status/panels/plan", panels.plan_section, name="plan_section"),
    path("panels/mail-link", panels.mail_link, name="mail_link"),
    path("panels/my-windows", panels.my_windows, name="my_windows"),
    path("panels/placing/<int:tenant>/<str:wave>/<str:region>/<str:state>", panels.placing, name="placing"),
    path("notices/", panels.banner, name="banner"),
    path("notices/dismiss", panels.dismiss, name="dismiss"),
    path("operator/maintenance/", maintenance.calendar, name="calendar"),
    path("operator/maintenance/announce", announcing.announce, name="announce"),
    path("operator/maintenance/<int:pk>/", maintenance.window, name="window"),
    path("notices/mail", mail_choice, name="mail_choice"),
    path("notices/receipts", receipts, name="receipts"),
    path("notices/<int:pk>/receipt", receipt, name="receipt"),
    path("operator/maintenance/<int:pk>/notice", proof, name="notice"),
    path("operator/maintenance/<int:pk>/otherwise", revising.otherwise, name="otherwise"),
    path("operator/maintenance/<int:pk>/move", maintenance.move, name="move"),
    path("operator/maintenance/<int:pk>/cancel", maintenance.cancel, name="cancel"),
    path("operator/maintenance/<int:pk>/complete", maintenance.complete, name="complete"),
    path("operator/incidents/", incidents.incidents, name="incidents"),
    path("operator/incidents/<int:pk>/", incidents.incident, name="incident"),
    path("operator/incidents/<int:pk>/resolve", incidents.resolve, name="resolve"),
    path("operator/incidents/<int:pk>/take-over", incidents.take_over, name="take_over"),
    path("operator/incidents/<int:pk>/post-mortem", postmortem.postmortem, name="postmortem"),
    path("operator/incidents/updates/<int:pk>", postmortem.revise, name="revise"),
    path("operator/incidents/templates/", templates.templates, name="templates"),
    path("operator/incidents/templates/new", templates.template, name="new_template"),
    path("operator/incidents/templates/<int:pk>", templates.template, name="template"),
    path("operator/incidents/templates/<int:pk>/drop", templates.drop, name="drop_template"),
    path("operator/components/<slug:slug>", incidents.component, name="component"),
]
