"""The trust centre in the words of schema.org, as JSON-LD."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from tillit.foundation.requests import Request
from tillit.foundation.texts import pick
from tillit.trust.evidence.queries.cloud import Cloud
from tillit.trust.proof.queries.checks import HeldCertificate


def organisation(request: Request, cloud: Cloud) -> dict[str, Any]:
    """An Organization that offers a Service; only what the register states."""
    held = cloud.operator
    if held is None:
        return {}
    page = request.build_absolute_uri(reverse("trust:page"))
    said = {
        "@context": "https://schema.org",
        "@type": "Organization",
        "@id": f"{page}#operator",
        "name": held.name,
        "legalName": held.legal_entity,
        "leiCode": held.lei,
        "address": _address(held.seat_city, held.seat_country),
        "url": page,
        "makesOffer": {"@type": "Offer", "itemOffered": _service(request, cloud, page)},
        "hasCertification": [_certification(one) for one in cloud.certificates if not one.certificate.processor],
    }
    return {key: value for key, value in said.items() if value}


def _service(request: Request, cloud: Cloud, page: str) -> dict[str, Any]:
    countries = dict.fromkeys(code for region in cloud.regions for code in region.countries)
    said = {
        "@type": "Service",
        "name": f"{cloud.operator} CRM",
        "serviceType": "CRM (software as a service)",
        "areaServed": [{"@type": "Country", "name": code} for code in countries],
        "termsOfService": request.build_absolute_uri(f"{reverse('trust:page')}#agreements"),
        "hasCertification": [_certification(one) for one in cloud.certificates if one.certificate.processor],
        "provider": {"@id": f"{page}#operator"},
    }
    return {key: value for key, value in said.items() if value}


def _certification(one: HeldCertificate) -> dict[str, Any]:
    certificate = one.certificate
    said = {
        "@type": "Certification",
        "name": certificate.standard,
        "certificationIdentification": certificate.certificate_number,
        "issuedBy": {"@type": "Organization", "name": certificate.body} if certificate.body else None,
        "about": one.holder,
        "description": pick(certificate.scope)[0],
        "validFrom": certificate.valid_from and certificate.valid_from.isoformat(),
        "expires": certificate.valid_to and certificate.valid_to.isoformat(),
        "url": certificate.link,
    }
    return {key: value for key, value in said.items() if value}


def _address(city: str, country: str) -> dict[str, str]:
    said = {"addressLocality": city, "addressCountry": country}
    return {"@type": "PostalAddress"} | {key: value for key, value in said.items() if value} if city or country else {}
