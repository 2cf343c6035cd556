"""Letters that come back are noted beside the letter and leave the mailbox; everything else there is let be."""

import imaplib
import socket
import threading
import time
from contextlib import suppress

import pytest
from django.core.mail import EmailMessage

from tillit.foundation import outbound, returning
from tillit.foundation.mailbox import known_mailbox, read_mailbox
from tillit.foundation.mailfolder import LARGEST
from tillit.foundation.models import CameBack, OutgoingMail
from tillit.foundation.testing import run_jobs
from tillit.foundation.tests.postoffice import ADDRESS, PASSWORD, as_head, report

FIRST = "101"  # the UID that the server gives the first letter of a folder


def send(to="anna@fjordlys.example"):
    """Send a letter; returns its row, and its head as its recipient has it."""
    EmailMessage("Maintenance on Tuesday", "From two to three.\n", to=[to]).send()
    return OutgoingMail.objects.latest("pk")


def letter(post, to="anna@fjordlys.example"):
    sent = send(to)
    run_jobs()
    return sent, as_head(post.passed[-1][2])


def read():
    read_mailbox(None)
    box = known_mailbox()
    assert box.error == ""
    return box


def test_a_letter_to_a_dead_address_comes_back_and_the_operator_reads_why(post, operator):
    sent, _head = letter(post, "anna@dead.example")
    assert post.passed[-1][:2] == (ADDRESS, "anna@dead.example")
    assert len(post.lying()) == 1
    assert read().left == 0
    kept = CameBack.objects.get()
    assert (kept.mail, kept.kind, kept.code, kept.said) == (sent, "for_good", "5.1.1", "550 5.1.1 No such person here")
    assert post.lying() == []
    for page in ("/operator/mail/", f"/operator/mail/{sent.pk}/"):
        told = operator.get(page).text
        assert "Came back" in told and "550 5.1.1 No such person here" in told


def test_what_is_said_again_or_better_changes_nothing_and_the_worst_stays(post):
    sent, head = letter(post)
    whole = head + "\nFrom two to three.\n"
    post.put(report(head, action="delayed", code="4.4.1"), report(whole, code="5.2.2", how="message/rfc822"))
    read()
    assert CameBack.objects.get(mail=sent).kind == "for_now"  # a full mailbox may have room again
    post.put(report(head), report(head))
    read()
    kept = CameBack.objects.get(mail=sent)
    assert (kept.kind, kept.code) == ("for_good", "5.1.1")
    post.put(report(head, code="4.2.1"), report(head))  # whoever died in the middle finds it again
    read()
    assert CameBack.objects.get(mail=sent).at == kept.at and post.lying() == []


def test_only_that_nobody_has_this_mailbox_is_for_good(post):
    """Why ours is not wanted just now (a list of blocked relays, a policy, a route) says nothing of the recipient."""
    for code in ("5.7.1", "5.7.606", "5.4.4", "5.3.4", "5.2.2", "5.0.0", "5.1.0", ""):
        sent, head = letter(post)
        post.put(report(head, code=code))
        read()
        assert (sent.came_back.kind, sent.came_back.code) == ("for_now", code)
    for code in ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"):
        sent, head = letter(post)
        post.put(report(head, code=code))
        read()
        assert sent.came_back.kind == "for_good"


def test_a_forged_return_does_nothing(post):
    sent, _head = letter(post)
    mark = post.passed[-1][2]["Message-ID"]
    other = mark.replace(f"l{sent.pk}.", f"l{sent.pk + 1}.")
    own = mark.replace("<l", "<o")
    number, whom, signed = mark.split(".", 2)
    whose = f"{number}.{whom[::-1]}.{signed}"
    for forged in (other, own, whose, mark.replace(".", ".0", 1), f"<l{sent.pk}@localhost>", "<l1.é@localhost>"):
        post.put(report(f"Message-ID: {forged}\n"))
    post.put(f"Message-ID: {mark}\r\nSubject: {mark}\r\n\r\n{mark}\r\n".encode())
    assert read().left == 7
    assert not CameBack.objects.exists() and len(post.lying()) == 7


def test_after_a_restore_an_old_return_says_nothing_of_the_letter_that_has_its_number_now(post):
    sent, head = letter(post)
    OutgoingMail.objects.filter(pk=sent.pk).update(to="chiara@valdarno.example")  # who was written to since
    post.put(report(head))
    assert read().left == 0 and not CameBack.objects.exists() and post.lying() == []
    OutgoingMail.objects.filter(pk=sent.pk).update(to="Anna@Fjordlys.example")
    post.put(report(head))
    read()
    assert sent.came_back.kind == "for_good"


def test_letters_under_way_are_known_after_the_key_was_changed(post, settings):
    sent, head = letter(post)
    post.put(report(head))
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key of this installation", [settings.SECRET_KEY]
    read()
    assert sent.came_back.kind == "for_good"


def test_an_absence_notice_does_nothing_and_stays_as_it_was(post):
    _sent, _head = letter(post)
    mark = post.passed[-1][2]["Message-ID"]
    answer = f"From: anna@fjordlys.example\r\nAuto-Submitted: auto-replied\r\nIn-Reply-To: {mark}\r\n\r\nI am away.\r\n"
    post.put(answer.encode())
    assert read().left == 1 and read().left == 1
    assert not CameBack.objects.exists()
    (flags,) = post.lying()
    assert b"Seen" not in flags and b"Deleted" not in flags


def nested(depth):
    heads = (f'Content-Type: multipart/mixed; boundary="b{level}"\r\n\r\n--b{level}\r\n' for level in range(depth))
    return "".join(heads).encode()


BROKEN = {
    "deep": nested(2_000),
    "long head": b"Subject: " + b"x" * 2_000_000 + b"\r\n\r\n",
    "many fields": b"Content-Type: multipart/report" + b'; a="' * 12_000 + b"\r\n\r\n",
    "many empty lines": nested(30) + b"\r\n" * 30_000,
    "no bytes of ours": bytes(range(256)) * 40,
    "wrong charset": b'Content-Type: multipart/report; boundary="x"; charset="nope"\r\n\r\n--x\r\n'
    b"Content-Type: message/delivery-status; charset=\xff\r\n\r\nAction: failed\r\n--x\r\n"
    b"Content-Type: text/rfc822-headers; charset=none\r\nContent-Transfer-Encoding: base64\r\n\r\n=!\xe9\r\n--x--\r\n",
    "no end": b'Content-Type: multipart/report; boundary="x"\r\n\r\n--x\r\nContent-Type: message/rfc822\r\n\r\n',
    "nothing": b"\r\n",
}


def test_nothing_that_was_made_to_break_the_reader_says_anything_or_takes_long():
    for raw in BROKEN.values():
        began = time.process_time()
        assert returning.read(raw[:LARGEST]) is None
        assert time.process_time() - began < 3


def test_what_is_broken_or_made_to_break_us_is_left_and_the_next_letter_is_read(post):
    sent, head = letter(post)
    broken = [raw for what, raw in BROKEN.items() if what != "deep"]  # this one breaks the test's own mail server
    post.put(*broken, report(head, said="550 Ukjent: \x00 Bj\ud800rn".encode("utf-8", "ignore").decode()))
    assert read().left == len(broken)
    assert CameBack.objects.get().mail == sent and len(post.lying()) == len(broken)


@pytest.mark.parametrize("asked", [("COPY", FIRST, "Nowhere"), ("FETCH", FIRST, "(NONSENSE)")], ids=["NO", "BAD"])
def test_a_letter_that_the_server_does_not_hand_out_keeps_no_other_waiting(post, monkeypatch, operator, asked):
    uid = imaplib.IMAP4.uid

    def refused(session, *command):
        """For the first letter the server is asked for what it refuses."""
        return uid(session, *(asked if command[1] == FIRST and "BODY" in command[2] else command))

    monkeypatch.setattr(imaplib.IMAP4, "uid", refused)
    post.put(b"Subject: Hei\r\n\r\nHei\r\n")
    for _minute in range(2):  # it may as well be the server's own trouble: then nothing is to be lost
        read_mailbox(None)
        assert (known_mailbox().seen, known_mailbox().left) == (0, 0)
        assert "A letter could not be read." in operator.get("/operator/mail/").text
    sent, _head = letter(post, "anna@dead.example")
    read_mailbox(None)
    assert sent.came_back.kind == "for_good" and len(post.lying()) == 1
    assert "A letter could not be read." in known_mailbox().error
    assert read().left == 1


def test_returns_are_read_in_a_mailbox_that_lets_nothing_be_removed(post, monkeypatch):
    select = imaplib.IMAP4.select
    monkeypatch.setattr(imaplib.IMAP4, "select", lambda session, folder, readonly=True: select(session, folder, True))
    letters = [letter(post, "anna@dead.example")[0] for _number in range(2)]
    read_mailbox(None)
    assert "lets nothing be removed" in known_mailbox().error and len(post.lying()) == 2
    assert {sent.came_back.kind for sent in letters} == {"for_good"}
    assert read().left == 2


def test_letters_are_found_when_the_server_numbers_them_anew(post):
    for _number in range(3):
        post.put(b"Subject: Hei\r\n\r\nHei\r\n")
    assert read().left == 3
    post.forget()
    sent, _head = letter(post, "anna@dead.example")  # its UID was another letter's before
    assert read().left == 0
    assert CameBack.objects.get().mail == sent


def test_a_mailbox_out_of_reach_is_a_sentence_without_its_password(post, broker, settings, operator):
    letter(post, "anna@dead.example")
    broker.routes = [route for route in broker.routes if "mail-in" not in route.purposes]
    broker.refresh()
    read_mailbox(None)
    assert "is not in the register" in known_mailbox().error
    assert "is not in the register" in operator.get("/operator/mail/").text
    broker.declare(f"imap://imap.post.example:{post.server.port}", purposes={"mail"})
    read_mailbox(None)
    assert "but not for this purpose" in known_mailbox().error
    broker.declare(f"imap://imap.post.example:{post.server.port}", purposes={"mail-in"})
    for part in ("another%20secret", "ein%20gr%C3%B6sseres%20secret", "a%20secret%20of%20the%20mailbox@"):
        settings.IMAP_URL = post.url.replace("a%20secret", part)
        read_mailbox(None)
        told = known_mailbox()
        assert told.error and told.read_at is None and "secret" not in told.error + told.place
    settings.IMAP_URL = post.url
    read()
    assert CameBack.objects.count() == 1 and PASSWORD not in operator.get("/operator/mail/").text


def test_without_a_mailbox_letters_go_as_before(post, settings, operator):
    settings.IMAP_URL = ""
    letter(post, "anna@dead.example")
    assert post.passed[-1][0] == "no-reply@tillit.invalid"
    read_mailbox(None)
    assert known_mailbox() is None and not CameBack.objects.exists()
    assert "mailbox" not in operator.get("/operator/mail/").text


def test_a_mailbox_server_that_drips_or_wants_to_send_without_end_is_cut_off(broker):
    def misbehave(listening):
        for says in (b"* OK re", b"* OK ready\r\n* X {999999999}\r\n"):
            connection, _from = listening.accept()
            with connection, suppress(OSError):
                connection.sendall(says)
                while not over.wait(0.05):
                    connection.sendall(b"x")

    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        broker.declare(f"imap://127.0.0.1:{port}", purposes={"mail-in"})
        threading.Thread(target=misbehave, args=(listening,), daemon=True).start()
        for expected in (None, "wants to send 999999999 bytes"):
            began = time.monotonic()
            with pytest.raises((OSError, imaplib.IMAP4.error), match=expected):
                outbound.imap(None, "mail-in", f"imap://127.0.0.1:{port}", within=0.5)
            assert time.monotonic() - began < 5
    over.set()
