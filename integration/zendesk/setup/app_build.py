"""Having Zendesk build the app: the package is uploaded, a job ordered, and waited for.

The job is remembered as soon as it has a number: cut off before it has ended, the next run waits for that one, and no
second app is made.
"""

import time
from typing import Any, TypeVar

from pydantic import ValidationError

from desk.errors import Temporary
from desk.text.tokenizer import clean
from integration.setup_steps import StepRefused
from integration.zendesk.api.app_models import JobOrder, JobStatus, Upload
from integration.zendesk.api.client import Gone
from integration.zendesk.api.models import Shape
from integration.zendesk.setup.app_rows import BY_HAND, SidebarApp
from integration.zendesk.setup.visit import MOST_WORDS, RENAME
from integration.zendesk.sidebar.package import build_app

JOB = "app_job"
"""The job's kind in our own records, until it has ended."""
MOST_WAIT = 45.0
"""Seconds that one run waits for a job."""
SHORTEST, LONGEST = 0.2, 5.0
"""Seconds between two looks, whatever Zendesk asks for."""
FAILED = ("failed", "killed")

S = TypeVar("S", bound=Shape)


class StillBuilding(Temporary):
    """Zendesk has not finished; the job may end well later."""


class AppBuilder:
    """Makes the app, or puts another package in its place."""

    def __init__(self, sidebar: SidebarApp) -> None:
        self._sidebar, self._client, self._ledger = sidebar, sidebar.visit.client, sidebar.ledger

    def make(self) -> str:
        """A new app; its id. Goes on with a job that is remembered, once."""
        with self._sidebar.explained():
            if (job_id := self._ledger.recall(JOB)) and self._status(job_id) is not None:
                return self._resume(job_id)
            job_id = self._order("POST", "apps.json")
            self._ledger.remember(JOB, job_id)
            return self._finish(job_id)

    def replace(self, app_id: str) -> None:
        """Build the app anew from the package as it is here."""
        with self._sidebar.explained():
            self._finish(self._order("PUT", f"apps/{app_id}.json"))

    def built_id(self) -> str | None:
        """The app of a job that was remembered and has ended well since."""
        job_id = self._ledger.recall(JOB)
        with self._sidebar.explained():
            status = self._status(job_id) if job_id else None
        return status.app_id if status and status.status == "completed" else None

    def _order(self, method: str, path: str) -> str:
        name = self._sidebar.settings["name"]
        file = ("firstline-zendesk-app.zip", build_app(), "application/zip")
        upload = _read(Upload, self._client.upload("apps/uploads.json", "uploaded_data", file))
        order = {"name": name, "short_description": self._sidebar.visit.description, "upload_id": upload.id}
        return _read(JobOrder, self._client.change(method, path, order)).job_id

    def _resume(self, job_id: str) -> str:
        try:
            return self._finish(job_id)
        except StillBuilding:
            self._ledger.forget(JOB)  # two waits are enough: the next run begins anew
            raise

    def _finish(self, job_id: str) -> str:
        status = self._wait(job_id)
        self._ledger.forget(JOB)
        if status.status != "completed" or status.app_id is None:
            words = clean(status.message or status.status)[:MOST_WORDS]
            advice = RENAME if "taken" in words else BY_HAND
            raise StepRefused(f"Zendesk did not build the app: {words}", advice)
        return status.app_id

    def _wait(self, job_id: str) -> JobStatus:
        deadline = time.monotonic() + MOST_WAIT
        while True:
            status = self._status(job_id) or JobStatus(status="failed", message="Zendesk knows nothing of the job")
            if status.status == "completed" or status.status in FAILED:
                return status
            pause = min(max(status.retry_in or 0.0, SHORTEST), LONGEST)
            if time.monotonic() + pause > deadline:
                raise StillBuilding(f"Zendesk is still building the app ({clean(status.status)[:30]})")
            time.sleep(pause)

    def _status(self, job_id: str) -> JobStatus | None:
        """How far it is; None for a job that Zendesk does not know. One that failed may be answered with 404."""
        try:
            return self._client.show(f"apps/job_statuses/{job_id}.json", JobStatus)
        except Gone as error:
            return _status_in(error)


def _status_in(error: Gone) -> JobStatus | None:
    response = getattr(error.__cause__, "response", None)
    try:
        return JobStatus.model_validate(response.json()) if response is not None else None
    except (ValueError, ValidationError):
        return None


def _read(shape: type[S], payload: Any) -> S:
    try:
        return shape.model_validate(payload)
    except ValidationError:
        raise Temporary("Zendesk gave an answer of another shape") from None
