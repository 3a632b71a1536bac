"""The headers that every answer carries, whoever made it: a view, an error handler, or Flask itself."""

from flask import Response

from integration.web.layout import POLICY

NOTHING = "default-src 'none'; frame-ancestors 'none'"
"""For what is no page: were it ever shown as one, it could load and frame nothing."""

SECURITY_HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}


def add_security_headers(response: Response) -> Response:
    """For the application's `after_request`. What a view has set stays; what says nothing of caching is not cached."""
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    policy = POLICY if response.mimetype == "text/html" else NOTHING
    response.headers.setdefault("Content-Security-Policy", policy)
    response.headers.setdefault("Cache-Control", "no-store")
    return response
