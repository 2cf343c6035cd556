from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from tillit.foundation.menu import MenuEntry


class ReleasesConfig(AppConfig):
    name = "tillit.availability.releases"
    label = "releases"
    verbose_name = _("Releases")
    default_auto_field = "django.db.models.BigAutoField"

    grants = {
        "releases.manage": ("operator",),
        "releases.see": ("administrator", "member", "reader"),
        "releases.choose_wave": ("administrator",),
    }
    events = (
        "releases.planned",
        "releases.stage_begun",
        "releases.stage_started",
        "releases.held",
        "releases.continued",
        "releases.rolled_back",
        "releases.waves_drawn",
        "releases.wave_chosen",
        "releases.wave_kept",
        "releases.wave_changed",
    )
    published = {
        "releases.planned": "tillit.availability.releases.publishing.release",
        "releases.stage_started": "tillit.availability.releases.publishing.release",
        "releases.held": "tillit.availability.releases.publishing.release",
        "releases.continued": "tillit.availability.releases.publishing.release",
        "releases.rolled_back": "tillit.availability.releases.publishing.release",
        "releases.waves_drawn": "tillit.availability.releases.publishing.draw",
    }
    placing = "tillit.availability.releases.refusals.refuse_during_rollout"
    panels = {"status.releases": "releases:on_status_page", "my-trust.windows": "releases:mine_in_short"}
    menu = (MenuEntry(_("Releases"), "releases:releases", "releases.manage", "l", 72),)
