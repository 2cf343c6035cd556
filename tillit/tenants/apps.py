from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from tillit.foundation.menu import MenuEntry

EVERYBODY = ("administrator", "member", "reader", "operator")
LEADING = ("administrator", "operator")


class TenantsConfig(AppConfig):
    name = "tillit.tenants"
    verbose_name = _("Customers & sign-in")
    default_auto_field = "django.db.models.BigAutoField"

    grants = {
        "tenants.sign_in": EVERYBODY,
        "tenants.see_people": LEADING,
        "tenants.manage_people": LEADING,
        "tenants.use_tokens": EVERYBODY,
        "tenants.accept_invitation": (),  # the holder of the link, see queries.guest
        "tenants.operate": ("operator",),
    }
    events = (
        "tenants.signed_in",
        "tenants.session_ended",
        "tenants.profile_changed",
        "tenants.person_invited",
        "tenants.invitation_sent_again",
        "tenants.invitation_withdrawn",
        "tenants.invitation_accepted",
        "tenants.role_changed",
        "tenants.membership_ended",
        "tenants.token_created",
        "tenants.token_revoked",
        "tenants.tenant_created",
        "tenants.tenant_changed",
    )
    holdings = {"sessions": "tillit.tenants.holdings.EndedSessions"}
    checks = {"second-step": "tillit.tenants.checks.second_step"}
    menu = (
        MenuEntry(_("Team"), "tenants:people", "tenants.manage_people", "u", 80),
        MenuEntry(_("Customers"), "tenants:tenants", "tenants.operate", "k", 85),
        MenuEntry(_("Mail"), "tenants:mail", "tenants.operate", "m", 95),
    )
