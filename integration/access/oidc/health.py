"""What `firstline doctor` looks at of the provider by which staff sign in."""

from collections.abc import Iterator

from desk.errors import FirstlineError, Temporary
from desk.health_check import HealthCheck, fine, wrong
from integration.access.oidc.provider import OidcProvider

NAME = "FIRSTLINE_OIDC_ISSUER"
LINKS_WORK = "until then people sign in by links"


def examine_oidc(provider: OidcProvider, redirect_uri: str) -> Iterator[HealthCheck]:
    """Does it answer, is it safe to sign in by, and does it show keys? Whether it knows us shows when somebody signs
    in."""
    try:
        keys = provider.count_keys()
    except Temporary as error:
        yield wrong(NAME, f"{provider.issuer}: {error}", f"is the address right, and it up? {LINKS_WORK}")
    except FirstlineError as error:
        yield wrong(NAME, f"{provider.issuer}: {error}", f"compare it with the provider's own pages; {LINKS_WORK}")
    else:
        yield fine(NAME, f"{provider.issuer} answers and shows {keys} keys; it must know {redirect_uri}")
