"""Who and what a Zendesk account knows by name: people, groups, organisations."""

import itertools
from collections.abc import Callable
from typing import Any

from tests.lookalikes.zendesk_shapes import Json, iso


class Directory:
    """People, groups and organisations, by id. `clock` gives Unix seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.users: dict[int, Json] = {}
        self.groups: dict[int, Json] = {}
        self.organizations: dict[int, Json] = {}
        self._ids = itertools.count(9_000_000_000_001, 16)

    def named(self, kind: dict[int, Json], name: str, **more: Any) -> Json:
        """The group or organisation with this name; made when there is none."""
        found = next((each for each in kind.values() if each["name"] == name), None)
        if found is None:
            now = iso(self.clock())
            found = {
                "id": next(self._ids),
                "name": name,
                "created_at": now,
                "updated_at": now,
                "deleted": False,
                **more,
            }
            kind[found["id"]] = found
        return found

    def person(self, email: str | None, name: str | None = None, role: str = "end-user", **more: Any) -> Json:
        """The user with this address; made when there is none, and always for someone without an address."""
        found = next((user for user in self.users.values() if email and user["email"] == email), None)
        if found is None:
            now = iso(self.clock())
            name = name or (email or "Visitor").split("@")[0].replace(".", " ").title()
            found = {"id": next(self._ids), "name": name, "email": email, "role": role, "active": True}
            found |= {"suspended": False, "verified": role != "end-user", "locale": "en-US", "time_zone": "UTC"}
            found |= {"organization_id": None, "tags": [], "created_at": now, "updated_at": now, "phone": None}
            self.users[found["id"]] = found
        found |= more
        return found

    def staff(self, user_id: int) -> bool:
        """Is this an agent or an admin?"""
        return user_id in self.users and self.users[user_id]["role"] != "end-user"
