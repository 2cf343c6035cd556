"""Large bodies are taken where files are, from people who bring a session, and nowhere else."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

LARGE = str(50_000_000)


@pytest.mark.parametrize("path", ["/companies/new/", "/sign-in/", "/api/v1/companies"])
def test_a_page_that_takes_no_files_takes_no_large_body(anna, path):
    assert anna.generic("POST", path, b"", CONTENT_LENGTH=LARGE).status_code == 413


def test_nobody_without_a_session_sends_a_large_file(public):
    assert public.generic("POST", "/companies/import/", b"", CONTENT_LENGTH=LARGE).status_code == 413


def test_somebody_signed_in_may_send_a_large_file(anna):
    answer = anna.generic("POST", "/companies/import/", b"", "multipart/form-data; boundary=x", CONTENT_LENGTH=LARGE)
    assert answer.status_code != 413


def test_what_a_stranger_calls_a_file_is_no_part_of_where_it_lies(public):
    file = SimpleUploadedFile("a." + 240 * "b", b"x")
    assert public.post("/status/subscribe/", {"f": file}).status_code == 422
