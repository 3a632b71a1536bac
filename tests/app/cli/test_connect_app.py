"""`firstline connect zendesk` installs the sidebar app, and knows who looks at its page, with no step by hand."""

import pytest
import requests

from app.embedded.redis import EmbeddedRedis
from desk.platform.database import Database
from desk.platform.settings import Settings
from integration.zendesk.setup import app_build, app_steps
from integration.zendesk.sidebar import package
from integration.zendesk.sidebar.package import build_app
from tests.app.cli.connection_made import BY_EVENTS, NOTHING, changes_asked, counts, kept, resources, states
from tests.app.conftest import Command
from tests.app.own_web import web
from tests.lookalikes.zendesk import Zendesk
from tests.lookalikes.zendesk_apps import Apps

pytestmark = [pytest.mark.loopback, pytest.mark.usefixtures("elsewhere")]

HERE = {"address": "127.0.0.1:1", "account": "main"}
WITHOUT_APP = {**BY_EVENTS, "apps": 0, "installations": 0}


@pytest.fixture
def apps(zendesk: Zendesk) -> Apps:
    return zendesk.setup.apps


# --- It works


def test_after_connect_alone_an_agent_opens_the_sidebar(
    connect: Command,
    db: Database,
    zendesk: Zendesk,
    apps: Apps,
    here: Settings,
    redis_server: EmbeddedRedis,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with web(here, redis_server, db) as where:
        monkeypatch.setenv("FIRSTLINE_PUBLIC_URL", where)
        assert connect().code == 0
        [number] = apps.installations
        page = apps.page_of(number).replace("https://", "http://")
        assert page == f"{where}/zendesk/sidebar/main"
        token = apps.sign(number, zendesk.colleague["id"], zendesk.url)
        opened = requests.post(page, {"token": token}, timeout=10)
        assert (opened.status_code, "data-session=" in opened.text) == (200, True)
        assert requests.post(page, {"token": token}, timeout=10).status_code == 401
        other = apps.sign(number, zendesk.colleague["id"], "https://other.zendesk.com")
        assert requests.post(page, {"token": other}, timeout=10).status_code == 401


def test_the_package_that_make_builds_is_uploaded_and_installed_for_all_agents(
    connect: Command, db: Database, apps: Apps
) -> None:
    said = connect()
    [(app_id, app)], [installation] = apps.rows.items(), apps.installations.values()
    assert apps.packages[app_id].keys() == {str(each.relative_to(package.ROOT)) for each in package.app_files()}
    assert (app["name"], app["version"]) == ("Firstline", package.read_manifest()["version"])
    assert installation["settings"] == {"name": "Firstline", **HERE}
    assert (installation["enabled"], installation["role_restrictions"]) == (True, None)
    known = kept(db)
    assert known
    assert known.app_installation_id == str(installation["id"])
    assert "made     public key of the app: fetched, and kept" in said.out
    assert "BEGIN PUBLIC KEY" not in said.out + said.err


def test_a_key_that_comes_as_json_is_the_same_key(connect: Command, db: Database, apps: Apps) -> None:
    apps.key_as_json = True
    assert connect().code == 0
    [number] = apps.rows
    known = kept(db)
    assert known
    assert known.app_public_key == apps.public_key(number).strip()


# --- It changes


def test_other_files_are_built_anew_once(
    connect: Command, firstline: Command, zendesk: Zendesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect()
    monkeypatch.setattr(app_steps, "fingerprint", lambda: "other")
    assert states(firstline("connect", "zendesk", "--json"))["sidebar app"] == "changed"
    zendesk.requests.clear()
    assert set(states(firstline("connect", "zendesk", "--json")).values()) == {"there"}
    assert (changes_asked(zendesk), counts(zendesk)) == ([], BY_EVENTS)


def test_an_earlier_version_is_brought_up_to_date(connect: Command, firstline: Command, apps: Apps) -> None:
    connect()
    [app] = apps.rows.values()
    version, app["version"] = app["version"], "0.0.1"
    assert (
        f"would be changed: it was version 0.0.1, and is {version}" in firstline("connect", "zendesk", "--dry-run").out
    )
    assert app["version"] == "0.0.1"
    assert firstline("connect", "zendesk").code == 0
    assert app["version"] == version


@pytest.mark.parametrize("path", ["apps/uploads", r"apps/\d+\.json", "apps/job_statuses"])
@pytest.mark.parametrize("cut", ["before", "after"])
def test_an_update_that_was_cut_off_is_made_good(
    connect: Command, firstline: Command, apps: Apps, zendesk: Zendesk, path: str, cut: str
) -> None:
    connect()
    [app] = apps.rows.values()
    version, app["version"] = app["version"], "0.0.1"
    zendesk.fail(path=path, cut=cut)
    assert firstline("connect", "zendesk").code == 75
    assert firstline("connect", "zendesk").code == 0
    assert (app["version"], counts(zendesk)) == (version, BY_EVENTS)


def test_an_app_that_somebody_uninstalled_is_installed_again_with_its_new_number(
    connect: Command, firstline: Command, db: Database, apps: Apps
) -> None:
    connect()
    apps.installations.clear()
    assert states(firstline("connect", "zendesk", "--json"))["installation of the app"] == "made"
    [number] = apps.installations
    known = kept(db)
    assert known
    assert known.app_installation_id == number


def test_what_an_admin_restricted_or_switched_off_is_left(connect: Command, firstline: Command, apps: Apps) -> None:
    connect()
    [installation] = apps.installations.values()
    installation |= {"enabled": False, "role_restrictions": [7]}
    assert "somebody has switched it off in Zendesk" in firstline("connect", "zendesk").out
    assert (installation["enabled"], installation["role_restrictions"]) == (False, [7])


# --- What others have there


def test_an_app_that_an_admin_uploaded_from_our_package_is_used_and_left_alone(
    connect: Command, firstline: Command, db: Database, zendesk: Zendesk, apps: Apps
) -> None:
    theirs = apps.upload_by_hand(build_app())
    number = apps.install_by_hand(theirs, **HERE)
    said = connect()
    assert "sidebar app: uploaded by hand, and used as it is" in said.out
    assert "installation of the app: installed by hand, and used as it is" in said.out
    known = kept(db)
    assert known
    assert known.app_installation_id == number
    assert firstline("disconnect", "zendesk", "--yes").code == 0
    assert (list(apps.rows), list(apps.installations)) == ([theirs], [number])


def test_one_that_was_uploaded_and_not_installed_is_installed_and_only_that_is_taken_back(
    connect: Command, firstline: Command, apps: Apps
) -> None:
    theirs = apps.upload_by_hand(build_app())
    connect()
    assert len(apps.installations) == 1
    assert firstline("disconnect", "zendesk", "--yes").code == 0
    assert (list(apps.rows), apps.installations) == ([theirs], {})


def test_another_firstlines_app_is_neither_used_nor_touched(
    connect: Command, firstline: Command, zendesk: Zendesk, apps: Apps
) -> None:
    theirs = apps.upload_by_hand(build_app())
    apps.install_by_hand(theirs, address="elsewhere.example", account="main")
    said = connect()
    assert "Zendesk did not build the app: Name has already been taken" in said.out
    assert "rename yours, or delete it, and connect again" in said.out
    assert counts(zendesk) == BY_EVENTS
    apps.unique_names = False
    assert firstline("connect", "zendesk").code == 0
    assert counts(zendesk) == {**BY_EVENTS, "apps": 2, "installations": 2}
    assert firstline("disconnect", "zendesk", "--yes").code == 0
    assert list(apps.rows) == [theirs]
    assert [each["settings"]["address"] for each in apps.installations.values()] == ["elsewhere.example"]


def test_a_foreign_app_of_the_same_name_is_named(connect: Command, firstline: Command, apps: Apps) -> None:
    theirs = apps.upload_by_hand(build_app())
    apps.rows[theirs]["author_name"] = "Somebody Else"
    before = dict(apps.rows[theirs])
    said = connect()
    assert (said.code, "Name has already been taken" in said.out) == (0, True)
    assert firstline("disconnect", "zendesk", "--yes").code == 0
    assert apps.rows == {theirs: before}


# --- Refusals


@pytest.mark.parametrize(
    ("plan", "words"), [(403, "not part of its plan"), (404, "not part of its plan"), (422, "Private apps")]
)
def test_a_plan_without_private_apps_is_told_what_to_do_and_the_rest_is_made(
    connect: Command, zendesk: Zendesk, apps: Apps, plan: int, words: str
) -> None:
    apps.plan = plan
    said = connect()
    assert (said.code, counts(zendesk)) == (0, WITHOUT_APP)
    assert "refused  sidebar app:" in said.out
    assert words in said.out
    assert "agents work in the console" in said.out or "docs/zendesk.md says how to upload it by hand" in said.out


def test_an_agents_token_is_told_whom_to_ask_for_the_app(connect: Command, zendesk: Zendesk) -> None:
    zendesk.agent["role"] = "agent"
    said = connect()
    assert "refused  sidebar app: only an administrator may see and make private apps" in said.out
    assert "docs/zendesk.md says how to upload it by hand" in said.out


def test_an_agents_token_uses_the_key_that_is_known_by_hand(connect: Command, zendesk: Zendesk, apps: Apps) -> None:
    number = apps.install_by_hand(apps.upload_by_hand(build_app()), **HERE)
    key = apps.public_key(str(apps.installations[number]["app_id"]))
    zendesk.agent["role"] = "agent"
    said = connect("--app-public-key", key, "--app-installation", number)
    assert "sidebar app: set up by hand, with the public key that is known" in said.out


@pytest.mark.parametrize("status", [200, 404])
def test_what_the_build_finds_wrong_is_shown_and_the_next_run_begins_anew(
    connect: Command, firstline: Command, db: Database, zendesk: Zendesk, apps: Apps, status: int
) -> None:
    apps.fault, apps.failed_status = "Location URL is not secure", status
    said = connect()
    assert (said.code, "did not build the app: Location URL is not secure" in said.out) == (0, True)
    assert (counts(zendesk), "app_job" in resources(db)) == (WITHOUT_APP, False)
    apps.fault = ""
    assert firstline("connect", "zendesk").code == 0
    assert counts(zendesk) == BY_EVENTS


def test_a_build_that_hangs_is_waited_for_a_while_and_gone_on_with(
    connect: Command, firstline: Command, zendesk: Zendesk, apps: Apps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_build, "MOST_WAIT", 0.5)
    apps.looks = 5
    said = connect()
    assert (said.code, "Zendesk is still building the app (working)" in said.out) == (75, True)
    assert counts(zendesk) == WITHOUT_APP
    monkeypatch.setattr(app_build, "MOST_WAIT", 5.0)
    assert firstline("connect", "zendesk").code == 0
    assert counts(zendesk) == BY_EVENTS
    assert len([path for path in changes_asked(zendesk) if path.endswith("apps.json")]) == 1


def test_a_build_that_never_ends_is_ordered_anew_by_the_third_run(
    connect: Command, firstline: Command, zendesk: Zendesk, apps: Apps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_build, "MOST_WAIT", 0.1)
    apps.looks = 1000
    assert [connect().code, firstline("connect", "zendesk").code] == [75, 75]
    apps.looks = 0
    assert firstline("connect", "zendesk").code == 0
    assert counts(zendesk) == BY_EVENTS


def test_a_build_that_ended_well_after_it_was_cut_off_is_ours_though_nothing_marks_it(
    connect: Command, firstline: Command, zendesk: Zendesk, apps: Apps
) -> None:
    apps.keeps_description = False
    zendesk.fail(path="apps/job_statuses", cut="before")
    assert connect().code == 75
    assert firstline("connect", "zendesk").code == 0
    assert counts(zendesk) == BY_EVENTS
    assert firstline("disconnect", "zendesk", "--yes").code == 0
    assert counts(zendesk) == NOTHING


def test_an_app_whose_orders_answer_was_lost_and_that_nothing_marks_is_used_and_left(
    connect: Command, firstline: Command, zendesk: Zendesk, apps: Apps
) -> None:
    apps.keeps_description = False
    zendesk.fail(path=r"apps\.json$", method="POST", cut="after")
    assert connect().code == 75
    assert "uploaded by hand, and used as it is" in firstline("connect", "zendesk").out
    assert counts(zendesk) == BY_EVENTS
    assert firstline("disconnect", "zendesk", "--yes").code == 0
    assert counts(zendesk) == {**NOTHING, "apps": 1}


def test_a_package_whose_settings_are_refused_says_what_zendesk_says(connect: Command, zendesk: Zendesk) -> None:
    body = '{"error": "RecordInvalid", "details": {"settings": [{"description": "Address: is invalid"}]}}'
    zendesk.fail(path="apps/installations", method="POST", status=422, body=body)
    said = connect()
    assert (said.code, "refused  installation of the app:" in said.out) == (0, True)
    assert "Address: is invalid" in said.out
    assert counts(zendesk) == {**BY_EVENTS, "installations": 0}


def test_a_page_without_https_is_not_brought_to_agents(
    firstline: Command, db: Database, zendesk: Zendesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integration.zendesk.setup.visit.LOCAL", set())
    monkeypatch.setenv("FIRSTLINE_PUBLIC_URL", "http://help.acme.example")
    who = ("--base-url", zendesk.url, "--email", "ari@acorn.example", "--api-token", "zendesk-token")
    said = firstline("connect", "zendesk", *who)
    assert "agents' browsers open the app's page by https alone" in said.out
    assert counts(zendesk)["apps"] == 0
