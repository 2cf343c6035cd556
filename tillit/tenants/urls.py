"""Our own pages under `tenants:`, and allauth's views under its names, at our addresses.

allauth's views are listed one by one: what is not named here (signing up, changing one's e-mail address, signing in by
a mailed code) does not exist.
"""

from allauth.account import views as account
from allauth.mfa.base import views as second_step
from allauth.usersessions import views as usersessions
from django.urls import include, path, re_path

from tillit.tenants.views import entrance, operating, own, people

ours = [
    path("invitation/<str:token>/", entrance.invitation, name="invitation"),
    path("account/security/", second_step.index, name="security"),
    path("account/sessions/", usersessions.list_usersessions, name="sessions"),
    path("account/sessions/<int:pk>/end/", own.end_one_session, name="end_session"),
    path("profile/", own.profile, name="profile"),
    path("profile/appearance/", own.appearance, name="appearance"),
    path("profile/tokens/", own.tokens, name="tokens"),
    path("profile/tokens/<int:pk>/revoke/", own.revoke_token, name="revoke_token"),
    path("people/", people.people, name="people"),
    path("people/invite/", people.invite, name="invite"),
    path("people/invitations/<int:pk>/again/", people.send_again, name="send_again"),
    path("people/invitations/<int:pk>/withdraw/", people.withdraw, name="withdraw"),
    path("people/<int:pk>/", people.member, name="member"),
    path("people/<int:pk>/end/", people.end, name="end"),
    path("operator/tenants/", operating.tenants, name="tenants"),
    path("operator/tenants/new/", operating.new_tenant, name="new_tenant"),
    path("operator/tenants/<slug:slug>/", operating.tenant, name="tenant"),
    path("operator/tenants/<slug:slug>/invite/", operating.invite_first, name="invite_first"),
    path("operator/mail/", operating.mail, name="mail"),
    path("operator/mail/<int:pk>/", operating.message, name="message"),
]

passwords = [
    path("change/", account.password_change, name="account_change_password"),
    path("set/", account.password_set, name="account_set_password"),
    path("reset/", account.password_reset, name="account_reset_password"),
    path("reset/sent/", account.password_reset_done, name="account_reset_password_done"),
    path("reset/done/", account.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    re_path(
        r"^reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
]

urlpatterns = [
    path("", include((ours, "tenants"))),
    path("sign-in/", account.login, name="account_login"),
    path("sign-out/", account.logout, name="account_logout"),
    path("account/inactive/", account.account_inactive, name="account_inactive"),
    path("account/confirm/", account.reauthenticate, name="account_reauthenticate"),
    path("account/password/", include(passwords)),
    path("account/security/", include("allauth.mfa.urls")),
    path("account/sessions/", include("allauth.usersessions.urls")),
]
