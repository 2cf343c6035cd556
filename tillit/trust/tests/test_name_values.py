"""The register's values have names that other texts use."""

from tillit.trust.queries import variables


def test_a_value_is_named_and_written_as_each_language_does(seed):
    named = variables()
    assert named["processors.mailgun.retention_hours"].value == 24
    assert named["operator.legal_entity"].text["de"] == "SuperOffice AS"
    assert named["operator.contact"].value == "trust@operator.example"
    assert named["operator.seat_country"].text == {"en": "Norway", "de": "Norwegen", "nb": "Norge"}
    assert named["promises.processor_notice_days"].value == 30
    assert named["promises.notice_hours"].value == 24
    assert "Mailgun Inc." in named["processors"].text["nb"]


def test_before_the_first_register_nothing_is_named(operator):
    assert variables() == {}
