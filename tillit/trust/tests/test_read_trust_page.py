"""Anybody reads the trust centre: no account, no cookie, nothing from elsewhere."""

import pytest


def test_page(seed, public):
    r = public.get("/trust/?lang=de")
    print(r.headers)
    open("/tmp/w/h6/page.html", "wb").write(r.content)
    assert r.status_code == 200
