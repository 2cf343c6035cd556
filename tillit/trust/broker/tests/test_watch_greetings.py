"""The first bytes of a client say which server it means; whatever else they say, nobody gets past that."""

import contextlib
import ssl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tillit.trust.broker.hello import HiddenName, Malformed, read_hello
from tillit.trust.broker.watching import Cut, watcher_of

HOST = "api.post.example"


def hello_of(name, *, newest=True):
    """What OpenSSL really sends."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if not newest:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing, server_hostname=name).do_handshake()
    return outgoing.read()


HELLO = hello_of(HOST)


def in_records(hello, size):
    """The same message in small records."""
    message = hello[5:]
    parts = [message[place : place + size] for place in range(0, len(message), size)]
    return b"".join(b"\x16\x03\x01" + len(part).to_bytes(2, "big") + part for part in parts)


def with_extension(hello, kind, content):
    """The same with an extension in front of the others."""
    added = kind.to_bytes(2, "big") + len(content).to_bytes(2, "big") + content
    message = hello[5:]
    place = 4 + 2 + 32
    place += 1 + message[place]
    place += 2 + int.from_bytes(message[place : place + 2], "big")
    place += 1 + message[place]
    total = int.from_bytes(message[place : place + 2], "big") + len(added)
    body = message[4:place] + total.to_bytes(2, "big") + added + message[place + 2 :]
    whole = message[:1] + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x01" + len(whole).to_bytes(2, "big") + whole


@pytest.mark.parametrize("newest", [True, False])
def test_the_name_is_read_from_a_real_greeting(newest):
    hello = hello_of("API.Post.example", newest=newest)
    assert read_hello(hello) == (HOST, len(hello))
    assert read_hello(hello + b"and more") == (HOST, len(hello))


def test_a_greeting_may_come_in_pieces_of_any_size():
    for size in (1, 2, 3, 5, 50, 1_000):
        pieces = in_records(HELLO, size)
        assert read_hello(pieces) == (HOST, len(pieces))
    assert all(read_hello(HELLO[:end]) is None for end in range(len(HELLO)))


def test_a_greeting_without_a_name_has_none():
    assert read_hello(hello_of(None)).name == ""


def test_an_encrypted_greeting_hides_its_name():
    with pytest.raises(HiddenName):
        read_hello(with_extension(HELLO, 0xFE0D, b"\x00" * 40))


@pytest.mark.parametrize(
    "broken",
    [
        b"GET / HTTP/1.1\r\n",
        b"\x80\x2e\x01\x03\x01",  # SSL 2
        b"\x16\x03\x01\x00\x00",  # an empty record
        b"\x16\x03\x01\xff\xff",  # too large a record
        b"\x16\x03\x01\x00\x04\x02\x00\x00\x00",  # another message
        b"\x16\x03\x01\x00\x04\x01\xff\xff\xff",  # too long a message
        b"\x16\x03\x01\x00\x05\x01\x00\x00\x00\x00",  # more than the message
        b"\x16\x03\x01\x00\x06\x01\x00\x00\x02\x03\x03",  # cut short inside
        b"\x16\x03\x01\x00\x01\x01\x17\x03\x01",  # something else in between
        with_extension(HELLO, 0x0000, b"\x00\x06\x00\x00\x03abc"),  # two names
        with_extension(hello_of(None), 0x0000, b"\x00\x09\x00\x00\x06\xc3\xa4\xc3\xb6ab"),
        with_extension(hello_of(None), 0x0000, b"\x00\x0c\x00\x00\x03abc\x00\x00\x03abc"),
        with_extension(hello_of(None), 0x0000, b""),
    ],
)
def test_what_is_no_greeting_is_not_taken_for_one(broken):
    with pytest.raises(Malformed):
        read_hello(broken)


@settings(max_examples=300, deadline=None, database=None)
@given(st.integers(5, len(HELLO) - 1), st.binary(min_size=1, max_size=40))
def test_a_damaged_greeting_never_breaks_the_reader(place, noise):
    with contextlib.suppress(Malformed, HiddenName):
        read_hello(HELLO[:place] + noise + HELLO[place + len(noise) :])


@settings(max_examples=200, deadline=None, database=None)
@given(
    st.sampled_from(["https", "http", "smtp", "smtp+starttls", "imap", "postgresql"]), st.lists(st.binary(), max_size=8)
)
def test_garbage_never_breaks_a_watcher_and_nothing_is_invented(protocol, pieces):
    watcher, out = watcher_of(protocol, HOST), b""
    try:
        for piece in pieces:
            out += piece if watcher.done else watcher.feed(piece)
    except Cut:
        pass
    assert b"".join(pieces).startswith(out)


def fed(watcher, data, size=None):
    """What goes on of `data`, given in pieces of `size` bytes."""
    size = size or len(data)
    pieces = [data[place : place + size] for place in range(0, len(data), size)]
    return b"".join(piece if watcher.done else watcher.feed(piece) for piece in pieces)


@pytest.mark.parametrize("size", [1, 7, None])
@pytest.mark.parametrize(
    ("protocol", "before"),
    [
        ("https", b""),
        ("http", b""),
        ("smtp", b"EHLO tillit.example\r\nSTARTTLS\r\n"),
        ("smtp+starttls", b"EHLO tillit.example\r\nstarttls\r\n"),
        ("imap", b"a1 CAPABILITY\r\na2 STARTTLS\r\n"),
        ("postgresql", b"\x00\x00\x00\x08\x04\xd2\x16\x2f"),
        ("postgresql", b""),
    ],
)
def test_the_declared_name_passes_and_another_does_not(protocol, before, size):
    rest = b"\x17\x03\x03\x00\x05hello"
    watcher = watcher_of(protocol, HOST)
    assert fed(watcher, before + HELLO + rest, size) == before + HELLO + rest
    assert watcher.done
    with pytest.raises(Cut, match="server-name"):
        fed(watcher_of(protocol, HOST), before + hello_of("front.example"), size)
    with pytest.raises(Cut, match="server-name"):
        fed(watcher_of(protocol, HOST), before + hello_of(None), size)


@pytest.mark.parametrize("size", [1, None])
def test_a_second_greeting_has_to_say_the_same(size):
    """A server may ask for one (RFC 8446, 4.1.4), and the client may change ciphers before."""
    between = b"\x14\x03\x03\x00\x01\x01"
    rest = b"\x17\x03\x03\x00\x05hello"
    watcher = watcher_of("https", HOST)
    assert fed(watcher, HELLO + between + HELLO + rest, size) == HELLO + between + HELLO + rest
    for start in (b"", between, between * 3):
        with pytest.raises(Cut, match="server-name"):
            fed(watcher_of("https", HOST), HELLO + start + hello_of("front.example"), size)


def test_an_older_handshake_goes_on_after_the_greeting():
    key_exchange = b"\x16\x03\x03\x00\x46\x10\x00\x00\x42" + b"k" * 66
    finished = b"\x14\x03\x03\x00\x01\x01" + b"\x16\x03\x03\x00\x28" + b"\x01" + b"f" * 39
    for flight in (key_exchange + finished, finished):  # with and without a session that is taken up again
        watcher = watcher_of("https", HOST)
        assert fed(watcher, HELLO + flight) == HELLO + flight
        assert watcher.done


def test_a_server_that_is_declared_by_its_address_is_asked_for_no_name():
    hello = hello_of(None)
    assert fed(watcher_of("https", "10.1.2.3"), hello) == hello
    with pytest.raises(Cut, match="server-name"):
        fed(watcher_of("https", "10.1.2.3"), HELLO)


def test_plain_mail_may_talk_about_encryption():
    text = b"EHLO a\r\nDATA\r\nUse STARTTLS, they said.\r\n" + b"\x15 line\r\n" * 100 + b".\r\nQUIT\r\n"
    for size in (1, 11, None):
        assert fed(watcher_of("smtp", HOST), text, size) == text


@pytest.mark.parametrize(
    "said", [b"MAIL FROM:<a@b.example>\r\n", b"AUTH PLAIN x\r\n", b"x" * 600, b"EHLO a\r\nDATA\r\n"]
)
def test_where_encryption_is_declared_nothing_of_weight_goes_before(said):
    with pytest.raises(Cut, match="tls"):
        fed(watcher_of("smtp+starttls", HOST), said)


def test_a_database_that_is_declared_may_be_talked_to_in_clear():
    startup = b"\x00\x00\x00\x13\x00\x03\x00\x00user\x00tillit\x00\x00"
    assert fed(watcher_of("postgresql", HOST), startup, 3) == startup
