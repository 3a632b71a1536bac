"""What a page's form sends, before a view reads it: whole, not too long, and UTF-8."""

from urllib.parse import unquote_to_bytes

from flask import abort, current_app, request

from desk.errors import Refused
from integration.web.request_body import read_bytes

MAX_BODY_BYTES = 1_048_576


def read_form() -> None:
    """For `before_request`: 400 for a body that breaks off or is not UTF-8, 413 for one that is too long.

    Flask by itself takes what came of a broken body for all of it, and guesses at letters.
    """
    if request.method != "POST":
        return
    try:
        raw = read_bytes(request, current_app.config["MAX_CONTENT_LENGTH"] or MAX_BODY_BYTES)
        raw.decode()
        if request.mimetype == "application/x-www-form-urlencoded":
            unquote_to_bytes(raw).decode()
    except Refused as error:
        abort(error.status)
    except UnicodeDecodeError:
        abort(400)
