"""The web application: API, console, and in the demo the customer form. `app/processes/gunicorn_config.py` says how it
is served."""

from flask import Flask

from app.active_embedder import active_embedder
from app.bootstrap import (
    PROVIDERS,
    VERSION,
    make_celery,
    make_database,
    make_inbound,
    make_oidc_provider,
    provided,
    uptime,
)
from app.doctor.readiness import installation_id, make_checks
from app.doctor.role import refuse_privileges
from app.installation import address
from app.key_check import recognise_keys
from app.logs import set_up_logs
from desk.errors import FirstlineError
from desk.platform.database import Database
from desk.platform.settings import Settings, read_settings
from integration.access.oidc.flow import OidcSignIn
from integration.api.blueprint import make_api
from integration.api.views import StateViews
from integration.console.blueprint import make_console
from integration.form.blueprint import make_form
from integration.form.examples import read_examples
from integration.web.layout import make_pages
from integration.web.request_body import readable
from integration.web.security_headers import add_security_headers
from integration.webhooks import make_webhooks
from workers.tasks import act, handle_item, publish, sync_source


def create() -> Flask:
    """The application of this process, from its settings. Raises BadSetting."""
    settings = read_settings()
    set_up_logs(settings.log_level)
    db = make_database(settings)
    try:
        refuse_privileges(db)
        recognise_keys(db)
    except FirstlineError:
        db.close()
        raise
    return make_app(settings, db)


def make_app(settings: Settings, db: Database) -> Flask:
    """The application on a given database."""
    celery = make_celery(settings)
    app = Flask("firstline", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    app.wsgi_app = readable(app.wsgi_app)  # type: ignore[assignment, method-assign]  # Flask's place for middleware
    app.after_request(add_security_headers)
    app.register_blueprint(make_pages(VERSION))
    state = StateViews(VERSION, uptime, make_checks(db, celery), installation_id(db), provided())
    app.register_blueprint(
        make_api(db, enqueue, state, enqueue_act=enqueue_act, max_body_bytes=settings.max_body_bytes)
    )
    app.register_blueprint(make_webhooks(db, enqueue, make_inbound(), max_body_bytes=settings.max_body_bytes))
    app.register_blueprint(
        make_console(
            db,
            enqueue,
            active_embedder(settings, db),
            enqueue_sync,
            enqueue_act=enqueue_act,
            providers=PROVIDERS,
            base_url=lambda: address(settings),
            oidc=make_oidc_sign_in(settings, db),
            at_root=not settings.demo,
        )
    )
    for provider in PROVIDERS:
        if provider.pages:
            app.register_blueprint(provider.pages(db, enqueue_act, settings))
    if settings.demo:
        examples = read_examples(settings.policy.with_name("tickets.yaml"))
        app.register_blueprint(make_form(db, enqueue, settings.account, examples))
    return app


def make_oidc_sign_in(settings: Settings, db: Database) -> OidcSignIn | None:
    """The second way into the console, if it is set."""
    provider = make_oidc_provider(settings)
    if provider is None:
        return None
    return OidcSignIn(db, settings.account, provider, settings.oidc_name, lambda: address(settings))


def enqueue(account: str, item_id: str) -> None:
    """Hand an inbox item to the broker. Raises Temporary when it does not answer; the sweeper comes by."""
    publish(handle_item, account, item_id)


def enqueue_act(account: str, intervention_id: str) -> None:
    """Hand a person's act to the broker. Raises Temporary when it does not answer; the sweeper comes by."""
    publish(act, account, intervention_id)


def enqueue_sync(account: str, source: str) -> None:
    """Have a source read soon. Raises Temporary when the broker does not answer; `reindex` comes by."""
    publish(sync_source, account, source)
