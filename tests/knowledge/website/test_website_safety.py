"""No private network is reached by way of a website: not by name, by number, by redirect, nor by a second answer."""

import ssl
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpcore2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from desk.errors import Permanent, Temporary
from desk.pages import Page, UnreadablePage
from knowledge.sources.website.address_guard import is_public_address
from knowledge.sources.website.http_fetch import HttpClient, open_connection
from knowledge.sources.website.source import Website, WebsiteSettings
from tests.lookalikes.website import Website as Site

pytestmark = pytest.mark.loopback

PUBLIC = "93.184.216.34"


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        yield site


class Outside:
    """Name servers that answer by turns, and a network where each public address is the look-alike's."""

    def __init__(self, site: Site, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.connected: list[str] = []
        self._port = int(site.url.rpartition(":")[2])

    def ask(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def connect(self, address: str, port: int, seconds: float) -> httpcore2.NetworkStream:
        self.connected.append(address)
        return open_connection("127.0.0.1", self._port, seconds)

    def website(self, start: str = "http://help.example/", **settings: Any) -> Website:
        given = WebsiteSettings(start=start, delay=0.0, **settings)
        return Website(given, ask=self.ask, connect=self.connect, pause=lambda _: None)


# --- addresses -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "192.0.0.8", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1",
        "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::808:808", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001::1", "2001:db8::1", "100::1", "nonsense", "",
    ],
)  # fmt: skip
def test_all_other_addresses_are_not(address: str) -> None:
    assert not is_public_address(address)


# --- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::1]", "localhost", "2130706433", "0x7f000001", "127.1", "0177.0.0.1", "[::ffff:7f00:1]"]
)
def test_a_private_start_is_refused_however_it_is_written(site: Site, host: str) -> None:
    port = site.url.rpartition(":")[2]
    with pytest.raises((Permanent, Temporary)) as told:
        list(Website(WebsiteSettings(start=f"http://{host}:{port}/"), pause=lambda _: None).pages(lambda _: None))
    assert "private network" in str(told.value)
    assert site.requests == []


@pytest.mark.parametrize("addresses", [["10.0.0.1"], [PUBLIC, "10.0.0.1"], ["::1", PUBLIC]])
def test_a_name_with_one_private_address_is_not_asked_at_all(site: Site, addresses: list[str]) -> None:
    outside = Outside(site, addresses)
    with pytest.raises(Permanent, match="private network"):
        list(outside.website().pages(lambda _: None))
    assert outside.connected == []


def test_a_public_name_is_asked_once_and_connected_to_by_the_address_that_was_checked(site: Site) -> None:
    site.page("/", "Start.", "/a")
    site.page("/a", "A.")
    outside = Outside(site, [PUBLIC], ["127.0.0.1"])
    found = list(outside.website().pages(lambda _: None))
    assert [page.id for page in found] == ["http://help.example/", "http://help.example/a"]
    assert outside.connected == [PUBLIC]
    assert outside.asked == ["help.example"]
    assert {request.headers["host"] for request in site.requests} == {"help.example"}


def test_a_name_that_changes_its_mind_between_two_connections_is_not_followed(site: Site) -> None:
    site.page("/", "Start.", "/a", "/b")
    site.put("/a", "A.", connection="close")
    outside = Outside(site, [PUBLIC], ["169.254.169.254"])
    site.fail(path="/a", cut="before")
    with pytest.raises(Permanent, match="private network"):
        list(outside.website().pages(lambda _: None))
    assert outside.connected == [PUBLIC]


def test_a_name_that_is_not_known_is_temporary() -> None:
    def unknown(host: str, port: int) -> Sequence[str]:
        raise OSError("no such name")

    website = Website(WebsiteSettings(start="https://help.example/"), ask=unknown, pause=lambda _: None)
    with pytest.raises(Temporary, match="not known"):
        list(website.pages(lambda _: None))


# --- redirects -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data/", "http://127.0.0.1/", "http://[::1]/", "http://2130706433/",
        "http://intranet.example/", "http://help.example:8080/", "file:///etc/passwd", "gopher://help.example/",
    ],
)  # fmt: skip
def test_a_redirect_into_a_private_network_is_told_of_and_not_followed(site: Site, target: str) -> None:
    site.page("/", "Start.", "/away", target)
    site.put("/away", "", 302, location=target)
    outside = Outside(site, [PUBLIC])
    found = list(outside.website().pages(lambda _: None))
    assert [type(each) for each in found] == [Page, UnreadablePage]
    assert set(outside.asked) == {"help.example"}
    assert outside.connected == [PUBLIC]


def test_robots_txt_may_be_on_another_host_but_on_no_private_one(site: Site) -> None:
    site.put("/robots.txt", "", 301, location="http://intranet.example/robots.txt")
    outside = Outside(site, [PUBLIC], ["192.168.0.7"])
    with pytest.raises(Permanent, match=r"intranet\.example leads into a private network"):
        list(outside.website().pages(lambda _: None))
    assert outside.connected == [PUBLIC]


def test_what_may_be_private_is_the_site_alone(site: Site) -> None:
    with Site() as other:
        site.put("/robots.txt", "", 301, location=f"{other.url.replace('127.0.0.1', 'localhost')}/robots.txt")
        settings = WebsiteSettings(start=f"{site.url}/", private_network=True)
        with pytest.raises(Permanent, match="localhost leads into a private network"):
            list(Website(settings, pause=lambda _: None).pages(lambda _: None))
        assert other.requests == []


# --- certificates ----------------------------------------------------------------------------------------------------


def certificate(folder: Path, name: str) -> Path:
    """A certificate for this name, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    called, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), datetime.now(UTC)
    built = x509.CertificateBuilder().subject_name(called).issuer_name(called).public_key(key.public_key())
    built = built.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    built = built.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    built = built.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    signed, plain = built.sign(key, hashes.SHA256()), serialization.NoEncryption()
    path = folder / "certificate.pem"
    encoding, kind = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    path.write_bytes(key.private_bytes(encoding, kind, plain) + signed.public_bytes(encoding))
    return path


@pytest.mark.parametrize(("name", "trusted"), [("help.example", True), ("other.example", False)])
def test_the_certificate_is_held_against_the_name_and_not_the_address(
    site: Site, tmp_path: Path, name: str, trusted: bool
) -> None:
    pem = certificate(tmp_path, name)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    asked: list[str] = []
    server.sni_callback = lambda _socket, given, _context: asked.append(given)
    site._server.socket = server.wrap_socket(site._server.socket, server_side=True)
    site.page("/", "Start.")
    outside = Outside(site, [PUBLIC])
    trust = ssl.create_default_context(cafile=str(pem))
    with HttpClient(ask=outside.ask, connect=outside.connect, trust=trust) as fetcher:
        if trusted:
            assert fetcher.get("https://help.example/", 10_000).status == 200
        else:
            with pytest.raises(Permanent, match=r"certificate of help\.example cannot be trusted"):
                fetcher.get("https://help.example/", 10_000)
    assert asked == ["help.example"]
    assert outside.connected == [PUBLIC]
