from django.urls import URLPattern, URLResolver, path

from tillit.availability.subscriptions import panels
from tillit.availability.subscriptions.views import counting, mine, public

app_name = "subscriptions"
urlpatterns: list[URLPattern | URLResolver] = [
    path("status/subscribe/", public.subscribe, name="subscribe"),
    path("status/subscribe/webhook/", public.webhook, name="webhook"),
    path("status/subscribe/confirm/<str:token>/", mine.confirm, name="confirm"),
    path("status/subscribe/leave/<str:token>/", mine.leave, name="leave"),
    path("status/subscribe/mine/<str:token>/", mine.mine, name="mine"),
    path("status/subscribe/mine/<str:token>/secret/", mine.secret, name="secret"),
    path("status/subscribe/mine/<str:token>/switch-on/", mine.switch_on, name="switch_on"),
    path("status/subscribe/mine/<str:token>/resend/<int:delivery>/", mine.resend, name="resend"),
    path("operator/subscriptions/", counting.counted, name="counted"),
    path("status/panels/subscribe", panels.ways, name="ways"),
]
