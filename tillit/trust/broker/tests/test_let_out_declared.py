"""What the register declares is reached over every protocol, and what was decided is on record to the byte."""

import imaplib
import smtplib
import socket
import threading

import pytest

from tillit.foundation import outbound
from tillit.foundation.ways import Shut, connect

EVENT = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Tillit//Test//EN
BEGIN:VEVENT
UID:meeting@fjordlys.example
DTSTAMP:20260101T080000Z
DTSTART:20260105T090000Z
SUMMARY:Befaring i Bergen
END:VEVENT
END:VCALENDAR
"""


def test_a_declared_server_is_reached_under_its_name(broker, secure, recorded):
    broker.declare(f"https://api.post.example:{secure.port}")
    reply = outbound.call(None, "mail", "GET", f"https://api.post.example:{secure.port}/hello?a=b")
    assert (reply.status, reply.body) == (200, b"hello")
    assert secure.asked == [(f"api.post.example:{secure.port}", "/hello?a=b")]
    (decision,) = recorded()
    assert (decision.host, decision.port, decision.purpose) == ("api.post.example", secure.port, "mail")
    assert (decision.allowed, decision.reason, decision.processor) == (True, "", "post")


def test_a_certificate_of_another_name_is_not_believed(broker, secure):
    broker.names["other.example"] = ["127.0.0.1"]
    broker.declare(f"https://other.example:{secure.port}")
    with pytest.raises(outbound.Refused, match="could not be reached"):
        outbound.call(None, "mail", "GET", f"https://other.example:{secure.port}/")
    assert secure.asked == []


def test_bytes_are_counted_to_the_last_one(broker, recorded):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        broker.declare(f"http://127.0.0.1:{port}")
        way = connect(None, "mail", "127.0.0.1", port, tls="none")
        there, _ = server.accept()
        with way, there:
            way.sendall(b"q" * 1_234)
            way.shutdown(socket.SHUT_WR)
            assert read_all(there) == b"q" * 1_234
            there.sendall(b"a" * 3_000_001)  # after the client has said its last: half-closed is not closed
            there.close()
            assert len(read_all(way)) == 3_000_001
    (decision,) = recorded()
    assert (decision.bytes_out, decision.bytes_in, decision.reason) == (1_234, 3_000_001, "")


def read_all(connection):
    received = b""
    while part := connection.recv(1 << 20):
        received += part
    return received


def test_a_hundred_connections_are_a_hundred_records(broker, web, recorded):
    broker.declare(f"http://127.0.0.1:{web.port}")
    for _ in range(100):
        assert outbound.call(None, "mail", "GET", f"http://127.0.0.1:{web.port}/").status == 200
    assert len({(one.mark, one.bytes_out, one.bytes_in) for one in recorded()}) == 100
    assert len({(one.bytes_out, one.bytes_in) for one in recorded()}) == 1


@pytest.mark.parametrize("wrapped", [True, False])
def test_mail_goes_out_encrypted_to_the_declared_name(broker, mail_server, recorded, wrapped):
    server = mail_server(wrapped=wrapped)
    url = f"{'smtps' if wrapped else 'smtp+starttls'}://smtp.post.example:{server.port}"
    broker.declare(url)
    with outbound.smtp(None, "mail", url) as session:
        session.sendmail("no-reply@tillit.example", ["anna@fjordlys.example"], b"Subject: Hei\r\n\r\nGod dag\r\n" * 50)
    ((recipients, encrypted, content),) = server.inbox.received
    assert (recipients, encrypted) == (["anna@fjordlys.example"], not wrapped)  # wrapped, the server need not know
    assert content.count(b"God dag") == 50
    (decision,) = recorded()
    assert (decision.allowed, decision.reason) == (True, "")
    assert decision.bytes_out > len(content)


def test_a_relay_that_is_to_encrypt_gets_nothing_in_clear(broker, mail_server, recorded):
    server = mail_server(wrapped=False)
    broker.declare(f"smtp+starttls://smtp.post.example:{server.port}")
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):  # a worker that does not encrypt
        outbound.smtp(None, "mail", f"smtp://smtp.post.example:{server.port}").sendmail(
            "no-reply@tillit.example", ["anna@fjordlys.example"], b"Subject: Hei\r\n\r\nGod dag\r\n"
        )
    assert server.inbox.received == []
    (decision,) = recorded()
    assert (decision.allowed, decision.reason) == (False, "tls")


def test_a_mailbox_is_read(broker, mailboxes, recorded):
    broker.declare(f"imap://imap.post.example:{mailboxes}")
    session = outbound.imap(None, "mail", f"imap://demouser:demopass@imap.post.example:{mailboxes}")
    assert session.sock.version().startswith("TLS")
    status, (count,) = session.select("INBOX", readonly=True)
    assert (status, int(count) > 0) == ("OK", True)
    session.logout()
    (decision,) = recorded()
    assert (decision.allowed, decision.processor) == (True, "post")


def test_a_password_is_not_told_to_a_mailbox_that_offers_no_encryption(broker):
    heard = []

    def plain_server(listening):
        connection, _from = listening.accept()
        with connection, connection.makefile("rwb", buffering=0) as lines:
            lines.write(b"* OK ready\r\n")
            for line in lines:
                heard.append(line)
                tag = line.split()[0]
                if b"CAPABILITY" in line:
                    lines.write(b"* CAPABILITY IMAP4rev1\r\n")
                lines.write(tag + b" OK done\r\n")

    broker.names["imap.post.example"] = ["127.0.0.1"]
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=plain_server, args=(listening,), daemon=True).start()
        port = listening.getsockname()[1]
        broker.declare(f"imap://imap.post.example:{port}")
        with pytest.raises(imaplib.IMAP4.error):
            outbound.imap(None, "mail", f"imap://demouser:demopass@imap.post.example:{port}")
    assert not [line for line in heard if b"demopass" in line]


def test_a_calendar_is_written_and_read(broker, calendars, recorded):
    broker.declare(f"https://dav.post.example:{calendars}")
    home = f"https://dav.post.example:{calendars}/anna/work/"
    with outbound.client(None, "mail") as dav:
        assert dav.request("MKCOL", f"https://dav.post.example:{calendars}/anna/").status_code == 201
        assert dav.request("MKCALENDAR", home).status_code == 201
        assert dav.put(f"{home}meeting.ics", content=EVENT).status_code == 201
        found = dav.request("PROPFIND", home, headers={"Depth": "1"})
        assert "meeting.ics" in found.text
        assert "Befaring i Bergen" in dav.get(f"{home}meeting.ics").text
    assert {(one.allowed, one.host) for one in recorded()} == {(True, "dav.post.example")}


def test_nobody_there_is_a_sentence_and_no_contact(broker, recorded):
    broker.names["gone.post.example"] = []
    broker.declare("https://gone.post.example")
    broker.declare("http://127.0.0.1:9")
    with pytest.raises(Shut, match=r"gone\.post\.example could not be found"):
        outbound.call(None, "mail", "GET", "https://gone.post.example/")
    with pytest.raises(Shut, match=r"127\.0\.0\.1 could not be reached"):
        outbound.call(None, "mail", "GET", "http://127.0.0.1:9/")
    assert [(one.allowed, one.reason) for one in recorded()] == [(True, "name"), (True, "unreachable")]
