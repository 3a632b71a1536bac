"""Addresses of pages in one form each, so that a page has one id, and which of them belong to a site."""

import re
from dataclasses import dataclass
from ipaddress import IPv6Address
from urllib.parse import SplitResult, parse_qsl, quote, urljoin, urlsplit, urlunsplit

LONGEST = 2000
"""Characters of an address; longer ones are not followed."""

DEFAULT_PORTS = {"http": 80, "https": 443}

_TRACKING = re.compile(
    r"utm_\w+|gclid|dclid|gbraid|wbraid|fbclid|msclkid|yclid|twclid|igshid|mc_[ce]id|_ga|_gl|_hs(?:enc|mi)|mkt_tok"
    r"|phpsessid|jsessionid|aspsessionid\w*",
    re.IGNORECASE,
)
_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/;]*", re.IGNORECASE)
_PERCENT = re.compile("%([0-9A-Fa-f]{2})?")
_HOST = re.compile(r"(?!-)[a-z0-9_.-]{1,253}")
_BLANKS = re.compile("[\t\n\r]")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def normalize_url(url: str, base: str | None = None) -> str | None:
    """The address in its one form (RFC 3986, section 6.2): ASCII, no fragment, no default port, no tracking; relative
    to a base if one is given. None for what is not http(s), names a user, or makes no sense."""
    url = _BLANKS.sub("", url.strip("\x00\x20\x01\x02\x03\t\n\r\x0c")).replace("\\", "/")
    if len(url) > LONGEST:
        return None
    try:
        parts = urlsplit(urljoin(base, url) if base else url)
        host, port = _normalize_host(parts.hostname or ""), parts.port
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if scheme not in DEFAULT_PORTS or not host or "@" in parts.netloc or port == 0:
        return None
    netloc = host if port in (None, DEFAULT_PORTS[scheme]) else f"{host}:{port}"
    path = _remove_dot_segments(_percent_encode(_SESSION.sub("", parts.path), "/:@!$&'()*+,;=~"))
    normalized = urlunsplit((scheme, netloc, path or "/", _normalize_query(parts.query), ""))
    return normalized if len(normalized) <= LONGEST else None


def host_of(url: str) -> str:
    """The host's name, or address without brackets, of a normal URL."""
    return urlsplit(url).hostname or ""


def path_of(url: str) -> str:
    """The path of a normal URL."""
    return urlsplit(url).path


def repeats_itself(url: str, target: str) -> bool:
    """Does the target's query hold the path that the reader came from? So sign-in pages know where to send him then."""
    path = path_of(url)
    return len(path) > 1 and any(path in value for _, value in parse_qsl(urlsplit(target).query))


@dataclass(frozen=True, slots=True)
class Site:
    """A scheme, host and port, and the paths of it that are wanted."""

    root: str
    """Such as `https://help.example`."""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def own(self, url: str | None) -> str | None:
        """The page's id, if a normal URL belongs to the site: the same host, with www. or without, and port, by the
        same scheme or, at the default ports, by https for http; a site of https is never read by http."""
        if not url:
            return None
        root_parts, url_parts = urlsplit(self.root), urlsplit(url)
        if (root_parts.scheme, root_parts.netloc) == (url_parts.scheme, url_parts.netloc):
            return url
        if _bare_host(root_parts) != _bare_host(url_parts) or root_parts.port or url_parts.port:
            return None
        scheme = root_parts.scheme if url_parts.scheme == root_parts.scheme else "https"
        return urlunsplit(url_parts._replace(scheme=scheme, netloc=root_parts.netloc))

    def wants(self, url: str) -> bool:
        """Is it under a path that is to be read?"""
        path = path_of(url)
        return (not self.include or path.startswith(self.include)) and not path.startswith(self.exclude or ("\0",))


def _bare_host(parts: SplitResult) -> str:
    return (parts.hostname or "").removeprefix("www.")


def site_root(url: str) -> str:
    """Scheme, host and port of a normal URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _normalize_host(name: str) -> str:
    """In ASCII and lower case, IPv6 in brackets. Raises ValueError."""
    if ":" in name:
        return f"[{IPv6Address(name).compressed}]"
    ascii_name = name if name.isascii() else name.encode("idna").decode("ascii")
    ascii_name = ascii_name.lower().rstrip(".")
    return ascii_name if _HOST.fullmatch(ascii_name) else ""


def _percent_encode(text: str, safe: str) -> str:
    """With everything escaped that must be, nothing that need not be, in capitals."""

    def normalize_escape(match: re.Match[str]) -> str:
        if match[1] is None:
            return "%25"
        code = int(match[1], 16)
        return chr(code) if code in _UNRESERVED else f"%{match[1].upper()}"

    return quote(_PERCENT.sub(normalize_escape, text), safe=safe + "%", errors="replace")


def _normalize_query(query: str) -> str:
    parameters = [part for part in query.split("&") if part and not _TRACKING.fullmatch(part.partition("=")[0])]
    return _percent_encode("&".join(parameters), "/:@!$&'()*+,;=~?[]")


def _remove_dot_segments(path: str) -> str:
    """RFC 3986, section 5.2.4."""
    segments: list[str] = []
    parts = path.split("/")
    for part in parts[1:]:
        if part == "..":
            segments[-1:] = []
        elif part != ".":
            segments.append(part)
    if parts[-1] in (".", ".."):
        segments.append("")
    return "/" + "/".join(segments)
