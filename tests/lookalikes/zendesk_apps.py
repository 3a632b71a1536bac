"""Private apps of a Zendesk account: packages that are uploaded, built by jobs, installed, and sign who looks.

https://developer.zendesk.com/api-reference/ticketing/apps/apps/ . What that page leaves open is a switch: whether a
name may be taken twice, whether the order's short description is kept, with which status a failed job is told, and
whether a key comes as PEM or as JSON.
"""

import email
import io
import itertools
import json
import re
import secrets
import time
import zipfile
from email.policy import HTTP
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.lookalikes.stage import Answer, Request
from tests.lookalikes.zendesk_api import Api
from tests.lookalikes.zendesk_shapes import Json, Refusal, invalid, iso, not_found

PLANS = ("private", 403, 404, 422)


class Apps:
    """One account's own. `plan`: "private", or the status by which an account without private apps is refused."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.plan: str | int = "private"
        self.unique_names = True
        self.keeps_description = True
        self.failed_status = 404
        self.key_as_json = False
        self.looks = 0
        """How often a job is still at work before it ends."""
        self.fault = ""
        """What the build finds wrong with the next package."""
        self.rows: dict[str, Json] = {}
        self.installations: dict[str, Json] = {}
        self.packages: dict[str, dict[str, bytes]] = {}
        """The files of each app, by its id."""
        self._uploads: dict[str, bytes] = {}
        self._jobs: dict[str, Json] = {}
        self._ids = itertools.count(410_001)

    def answer(self, request: Request, path: str) -> Answer:
        """All below `/api/v2/apps`."""
        if self.plan != "private" and not path.startswith("apps/installations"):
            raise _refusal(int(self.plan))
        words = path.split("/")[1:]
        if words[:1] == ["installations"]:
            return self._installed(request, words[1:])
        if words[1:] == ["public_key.pem"]:
            key = self.public_key(words[0])
            return Answer(200, key if self.key_as_json else key.encode())
        if words and words[0].isdigit() and request.method == "GET":
            return Answer(body=self._found(words[0]))
        self._admins_only()
        return self._owned(request, words)

    def upload_by_hand(self, package: bytes, name: str = "Firstline") -> str:
        """What an admin does in the Admin Center; the app's id."""
        return str(self._build({"name": name}, _unzip(package), None)["id"])

    def install_by_hand(self, app_id: str, **settings: str) -> str:
        """The same; the installation's id."""
        return str(self._install({"app_id": app_id, "settings": settings})["id"])

    def page_of(self, installation_id: str) -> str:
        """The address that agents' browsers open: the manifest's, with the settings in it."""
        row = self.installations[installation_id]
        manifest = json.loads(self.packages[str(row["app_id"])]["manifest.json"])
        url: str = manifest["location"]["support"]["ticket_sidebar"]["url"]
        return re.sub(r"\{\{setting\.(\w+)\}\}", lambda found: str(row["settings"][found[1]]), url)

    def sign(self, installation_id: str, user_id: int, base_url: str) -> str:
        """The token that is posted to that page."""
        row, now = self.installations[installation_id], int(time.time())
        claims = {
            "iss": base_url.partition("://")[2],
            "aud": f"{base_url}/api/v2/apps/installations/{installation_id}.json",
            "sub": f"{base_url}/api/v2/users/{user_id}.json",
            "jti": secrets.token_hex(8),
            **{"iat": now, "nbf": now, "exp": now + 300},
        }
        return jwt.encode(claims, _key(int(row["app_id"])), algorithm="RS256")

    def public_key(self, app_id: str) -> str:
        """Of an app, as PEM."""
        key = _key(int(self._found(app_id)["id"])).public_key()
        return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    # --- Apps -------------------------------------------------------------------------------------------------------

    def _owned(self, request: Request, words: list[str]) -> Answer:
        if words == ["owned"] and request.method == "GET":
            return Answer(body={"apps": list(self.rows.values())})
        if words == ["uploads"] and request.method == "POST":
            number = str(next(self._ids))
            self._uploads[number] = _file_of(request, "uploaded_data")
            return Answer(201, {"id": int(number)})
        if words[:1] == ["job_statuses"] and len(words) == 2:
            return self._look(words[1])
        if not words and request.method == "POST":
            return self._order(request.json, None)
        row = self._found(words[0] if words else "")
        if request.method == "DELETE":
            return self._delete(str(row["id"]))
        return self._order(request.json, row)

    def _order(self, given: Json, row: Json | None) -> Answer:
        package = self._uploads.get(str(given.get("upload_id")))
        if package is None:
            raise invalid("upload_id", "Upload: cannot be blank")
        job: Json = {"id": secrets.token_hex(16), "given": given, "row": row, "package": package, "looks": self.looks}
        self._jobs[job["id"]] = job
        if not self.looks:
            self._end(job)  # it goes on though nobody looks
        return Answer(200, {"job_id": job["id"]})

    def _look(self, job_id: str) -> Answer:
        if job_id not in self._jobs:
            raise not_found()
        job = self._jobs[job_id]
        job["looks"] -= 1
        if job["looks"] < 0:
            self._end(job)
        told = {"status": "working", "message": None, "progress": None, "total": None} | job.get("end", {})
        status = self.failed_status if told["status"] == "failed" else 200
        return Answer(status, {"id": job_id, "retry_in": 0, **told})

    def _end(self, job: Json) -> None:
        if "end" in job:
            return
        try:
            row = self._build(job["given"], _unzip(job["package"]), job["row"])
            job["end"] = {"status": "completed", "message": "Completed", "app_id": row["id"]}
        except (ValueError, KeyError, zipfile.BadZipFile) as error:
            job["end"] = {"status": "failed", "message": str(error)}

    def _build(self, given: Json, files: dict[str, bytes], row: Json | None) -> Json:
        if self.fault:
            raise ValueError(self.fault)
        name, taken = given.get("name") or (row or {}).get("name"), [each["name"] for each in self.rows.values()]
        if self.unique_names and row is None and name in taken:
            raise ValueError("Name has already been taken")
        manifest = json.loads(files["manifest.json"])
        built = row if row is not None else {"id": next(self._ids), "created_at": iso(self.api.store.clock())}
        built |= {"name": name, "short_description": self._described(given, files, manifest), **_told(manifest)}
        self.rows[str(built["id"])], self.packages[str(built["id"])] = built, files
        return built

    def _described(self, given: Json, files: dict[str, bytes], manifest: Json) -> str:
        if self.keeps_description and given.get("short_description"):
            return str(given["short_description"])
        words = json.loads(files[f"translations/{manifest['defaultLocale']}.json"])
        return str(words["app"]["short_description"])

    def _delete(self, app_id: str) -> Answer:
        del self.rows[app_id]
        for number in [number for number, each in self.installations.items() if str(each["app_id"]) == app_id]:
            del self.installations[number]
        return Answer(204, b"")

    def _found(self, app_id: str) -> Json:
        if app_id not in self.rows:
            raise not_found()
        return self.rows[app_id]

    # --- Installations ----------------------------------------------------------------------------------------------

    def _installed(self, request: Request, words: list[str]) -> Answer:
        if request.method != "GET":
            self._admins_only()
        if not words:
            if request.method == "GET":
                return Answer(body={"installations": list(self.installations.values())})
            return Answer(200, self._install(request.json))
        if words[0] not in self.installations:
            raise not_found()
        row = self.installations[words[0]]
        if request.method == "DELETE":
            del self.installations[words[0]]
            return Answer(204, b"")
        if request.method == "PUT":
            given = request.json
            row |= {**given, "settings": {**row["settings"], **given.get("settings", {})}}
        return Answer(body=row)

    def _install(self, given: Json) -> Json:
        app = self.rows.get(str(given.get("app_id")))
        if app is None:
            raise invalid("app_id", "App: is invalid")
        settings = given.get("settings") or {}
        if absent := [
            each["name"] for each in app["parameters"] if each["required"] and not settings.get(each["name"])
        ]:
            raise invalid("settings", f"Settings: {absent[0]} cannot be blank")
        if app["single_install"] and any(each["app_id"] == app["id"] for each in self.installations.values()):
            raise invalid("base", "This app can only be installed once")
        row = {"id": next(self._ids), "app_id": app["id"], "enabled": True, "settings": settings, "product": "support"}
        row |= {"role_restrictions": None, "group_restrictions": [], "pending_installation": False}
        row |= {"enabled": given.get("enabled", True), "created_at": iso(self.api.store.clock())}
        self.installations[str(row["id"])] = row
        return row

    def _admins_only(self) -> None:
        if self.api.store.users[self.api.agent]["role"] != "admin":
            raise _refusal(403)


@cache
def _key(app_id: int) -> RSAPrivateKey:
    """Made once for all accounts: an app's number says which."""
    return generate_private_key(65537, 2048)


def _refusal(status: int) -> Refusal:
    if status == 422:
        return invalid("base", "Private apps are not available on this plan")
    if status == 404:
        return not_found()
    return Refusal(403, {"error": "Forbidden", "description": "You do not have access to this page"})


def _file_of(request: Request, field: str) -> bytes:
    """The file of a multipart form. Raises a 422 `Refusal`."""
    head = f"Content-Type: {request.headers.get('content-type', '')}\r\n\r\n".encode()
    form: Any = email.message_from_bytes(head + request.body, policy=HTTP)
    for part in form.iter_parts() if form.is_multipart() else ():
        if part.get_param("name", header="content-disposition") == field and part.get_filename():
            return bytes(part.get_payload(decode=True))
    raise invalid(field, "Uploaded data: cannot be blank")


def _unzip(package: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(package)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    except zipfile.BadZipFile as error:
        raise ValueError("Cannot unzip the package") from error


def _told(manifest: Json) -> Json:
    """What the list of apps tells of a manifest."""
    parameters = [
        {"name": each["name"], "kind": each["type"], "required": each["required"], "secure": each["secure"]}
        for each in manifest["parameters"]
    ]
    author = manifest["author"]
    return {
        "version": manifest["version"],
        "framework_version": manifest["frameworkVersion"],
        "default_locale": manifest["defaultLocale"],
        "single_install": manifest["singleInstall"],
        "visibility": "private" if manifest["private"] else "public",
        **{f"author_{name}": author[name] for name in ("name", "email", "url")},
        "parameters": parameters,
        "products": list(manifest["location"]),
    }
