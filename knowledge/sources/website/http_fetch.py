"""One HTTP request at a time: to addresses that were checked, within its seconds, and read to its limit.

The connection goes to the very address that was checked; the name stays in the Host header and in TLS, where the
certificate is held against it. No proxy is used, no redirect followed, and nothing is decoded beyond the limit.
"""

import ssl
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import httpcore2

from desk.errors import FirstlineError, Permanent, Temporary
from knowledge.sources.website.address_guard import ResolveHost, public_addresses, resolve_host
from knowledge.sources.website.urls import host_of

AGENT = "Firstline"
"""Our name in robots.txt and in each request."""

CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0
PAGE_SECONDS = 30.0

_HEADERS = {"User-Agent": AGENT, "Accept": "text/html, */*;q=0.5", "Accept-Encoding": "gzip"}

Connect = Callable[[str, int, float], httpcore2.NetworkStream]
"""Connects to an address and a port, within so many seconds."""


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """An answer. Header names are in lower case; `whole` is False where the body goes on beyond the limit."""

    url: str
    status: int
    headers: Mapping[str, tuple[str, ...]]
    body: bytes
    whole: bool

    def header(self, name: str) -> str:
        """The first header of this name, or nothing."""
        return self.headers.get(name, ("",))[0]


def open_connection(address: str, port: int, seconds: float) -> httpcore2.NetworkStream:
    """By TCP."""
    return httpcore2.SyncBackend().connect_tcp(address, port, timeout=seconds)


class HttpClient:
    """Keeps its connections between requests; not for several threads. `private`: hosts that may be private."""

    def __init__(
        self,
        private: Iterable[str] = (),
        *,
        seconds: float = PAGE_SECONDS,
        ask: ResolveHost = resolve_host,
        connect: Connect = open_connection,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._network = _CheckedNetwork(frozenset(private), ask, connect)
        self._seconds = seconds
        self._pool = httpcore2.ConnectionPool(
            ssl_context=trust, max_connections=2, keepalive_expiry=15, network_backend=self._network
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.close()

    def get(self, url: str, max_bytes: int, extra_headers: Mapping[str, str] | None = None) -> HttpResponse:
        """GET a normal URL; at most so many bytes of the body, decoded. Raises Temporary when no proper answer comes,
        and Permanent when the host's address, or its certificate, forbids to ask."""
        headers: list[tuple[bytes | str, bytes | str]] = [*_HEADERS.items(), *(extra_headers or {}).items()]
        timeouts = {"connect": CONNECT_SECONDS, "read": READ_SECONDS, "write": READ_SECONDS, "pool": CONNECT_SECONDS}
        self._network.deadline = time.monotonic() + self._seconds
        try:
            with self._pool.stream("GET", url, headers=headers, extensions={"timeout": timeouts}) as response:
                response_headers = _parse_headers(response.headers)
                body, is_whole = _read_body(response.iter_stream(), response_headers, max_bytes)
        except FirstlineError:
            raise
        except (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
            raise _error_from(url, error) from error
        return HttpResponse(url, response.status, response_headers, body, is_whole)


def _parse_headers(raw_headers: Iterable[tuple[bytes, bytes]]) -> dict[str, tuple[str, ...]]:
    headers: dict[str, tuple[str, ...]] = {}
    for name, value in raw_headers:
        key = name.decode("latin-1").lower()
        headers[key] = (*headers.get(key, ()), value.decode("latin-1").strip())
    return headers


def _read_body(chunks: Iterable[bytes], headers: Mapping[str, tuple[str, ...]], max_bytes: int) -> tuple[bytes, bool]:
    encoding = headers.get("content-encoding", ("",))[0].lower()
    body = bytearray()
    for chunk in _decode_chunks(chunks, encoding, max_bytes):
        body += chunk
        if len(body) > max_bytes:
            return bytes(body[:max_bytes]), False
    return bytes(body), True


def _decode_chunks(chunks: Iterable[bytes], encoding: str, max_bytes: int) -> Iterable[bytes]:
    if encoding in ("", "identity"):
        return chunks
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise Temporary("the answer comes in an encoding that was not asked for")
    return decompress(chunks, max_bytes)


def decompress(chunks: Iterable[bytes], max_bytes: int) -> Iterable[bytes]:
    """gzip or zlib undone, one byte more than `max_bytes` at the most. Raises Temporary when it is broken."""
    decompressor = zlib.decompressobj(zlib.MAX_WBITS | 32)
    total = 0
    try:
        for chunk in chunks:
            total += len(inflated := decompressor.decompress(chunk, max_bytes + 1 - total))
            yield inflated
            if total > max_bytes:
                return
            if decompressor.eof:
                break
    except zlib.error as error:
        raise Temporary("the answer is packed wrongly") from error
    if not decompressor.eof:
        raise Temporary("the answer ends too early")


def _error_from(url: str, error: Exception) -> FirstlineError:
    host = host_of(url)
    for cause in error.args:  # the pool drops the cause, but the error was made of it
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Permanent(f"the certificate of {host} cannot be trusted: {cause.verify_message}")
    if isinstance(error, httpcore2.TimeoutException):
        return Temporary(f"{host} did not answer in time")
    return Temporary(f"{host} could not be reached, or broke off ({type(error).__name__})")


class _CheckedNetwork(httpcore2.NetworkBackend):
    """Resolves, checks, and connects to what was checked."""

    def __init__(self, private: frozenset[str], ask: ResolveHost, connect: Connect) -> None:
        self._private_hosts, self._resolve_host, self._connect = private, ask, connect
        self.deadline = 0.0

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """To the first address that answers."""
        fault: Exception = Temporary(f"{host} has no address")
        for address in public_addresses(host, port, private=host in self._private_hosts, ask=self._resolve_host):
            try:
                return _DeadlineStream(
                    self._connect(address, port, min(timeout or CONNECT_SECONDS, self.seconds_left())), self
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                fault = error
        raise fault

    def seconds_left(self) -> float:
        """Seconds that this request may still take. Raises ReadTimeout when there are none."""
        seconds = self.deadline - time.monotonic()
        if seconds <= 0:
            raise httpcore2.ReadTimeout("the time for this page is over")
        return seconds


class _DeadlineStream(httpcore2.NetworkStream):
    """The client's time-outs are for each piece; an answer that drips is not waited for either."""

    def __init__(self, stream: httpcore2.NetworkStream, network: _CheckedNetwork) -> None:
        self._stream, self._network = stream, network

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """At most so many bytes."""
        return self._stream.read(max_bytes, min(timeout or READ_SECONDS, self._network.seconds_left()))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """All of it."""
        self._stream.write(buffer, min(timeout or READ_SECONDS, self._network.seconds_left()))

    def close(self) -> None:
        """At once."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """With the certificate held against the name."""
        seconds = min(timeout or CONNECT_SECONDS, self._network.seconds_left())
        return _DeadlineStream(self._stream.start_tls(ssl_context, server_hostname, seconds), self._network)

    def get_extra_info(self, info: str) -> Any:
        """As the stream knows it."""
        return self._stream.get_extra_info(info)
