"""Our own API: tickets come in over HTTP, and whoever sent them reads what became of them."""

from integration.api.blueprint import make_api as make_api
