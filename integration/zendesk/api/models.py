"""Zendesk's answers as far as they are read. What is missing has a default; what is new is passed over."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator


class Shape(BaseModel):
    """Ids are numbers in the API and strings in events; here they are strings. Null counts as left out."""

    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)


class ViaSource(Shape):
    """Where a change came from: `rel` is `trigger`, `automation`, `merge` or the like."""

    rel: str | None = None


class Via(Shape):
    """How a change came in."""

    channel: str | None = None
    source: ViaSource | None = None

    @field_validator("channel", mode="before")
    @classmethod
    def is_text(cls, channel: Any) -> Any:
        """Old audits give a number."""
        return None if channel is None else str(channel)


class Rating(Shape):
    """What the requester thought of it: `good`, `bad`, either with a comment, `offered` or `unoffered`."""

    score: str | None = None


class FieldValue(Shape):
    """A custom field's value: a text, a number, a tick, or several."""

    id: str
    value: Any = None


class ZendeskTicket(Shape):
    """A ticket's own fields."""

    id: str
    subject: str | None = None
    status: str = "open"
    priority: str | None = None
    tags: list[str] = Field(default_factory=list)
    requester_id: str
    assignee_id: str | None = None
    group_id: str | None = None
    organization_id: str | None = None
    brand_id: str | None = None
    ticket_form_id: str | None = None
    custom_status_id: str | None = None
    type: str | None = None
    via: Via | None = None
    custom_fields: list[FieldValue] | None = None
    email_cc_ids: list[str] | None = None
    collaborator_ids: list[str] | None = None
    updated_at: str
    created_at: str | None = None


class ZendeskUser(Shape):
    """Somebody: `role` is `end-user`, `agent` or `admin`."""

    id: str
    name: str | None = None
    email: str | None = None
    role: str | None = None
    role_type: int | None = None
    only_private_comments: bool | None = None
    suspended: bool | None = None
    tags: list[str] | None = None


class Organization(Shape):
    """A requester's organisation, a group, a brand or a form: what has an id and a name."""

    id: str
    name: str | None = None


class Group(Organization):
    """A group of agents. A private one hides its tickets from everybody outside it."""

    is_public: bool | None = None


class CustomRole(Shape):
    """What an admin allows a role. `ticket_access` is `all` where that includes private groups."""

    class Configuration(Shape):
        """As far as it is read."""

        ticket_access: str | None = None

    configuration: Configuration = Configuration()


class CustomRoleAnswer(Shape):
    """https://developer.zendesk.com/api-reference/ticketing/account-configuration/custom_roles/#show-custom-role"""

    custom_role: CustomRole


class TicketAnswer(Shape):
    """A ticket with its people."""

    ticket: ZendeskTicket
    users: list[ZendeskUser] = Field(default_factory=list)
    organizations: list[Organization] = Field(default_factory=list)
    groups: list[Group] = Field(default_factory=list)
    ticket_forms: list[Organization] = Field(default_factory=list)


class AuditEvent(Shape):
    """One event of an audit. A comment has a text and says if it is public."""

    id: str
    type: str = ""
    author_id: str | None = None
    body: str | None = None
    plain_body: str | None = None
    html_body: str | None = None
    public: bool | None = None
    attachments: list[Any] | None = None
    via: Via | None = None
    field_name: str | None = None
    """Of a change: `status`, `assignee_id` and so on, or a custom field's number."""
    value: Any = None
    previous_value: Any = None
    score: str | None = None
    """Of a rating: `good` or `bad`."""
    comment_id: str | None = None
    """Of a change of privacy: the comment that it is about."""

    @property
    def is_comment(self) -> bool:
        """Written, or spoken on the phone."""
        return self.type in ("Comment", "VoiceComment")

    @property
    def hides(self) -> bool:
        """Somebody made a public comment private; it cannot be undone."""
        return self.type == "CommentPrivacyChange" and self.public is False


class Metadata(Shape):
    """What hangs on an audit: `custom` is what the writer put there, `flags` what Zendesk thinks of the comment."""

    custom: dict[str, Any] | None = None
    flags: list[int] | None = None


class Audit(Shape):
    """One change of a ticket."""

    id: str
    created_at: datetime
    author_id: str | None = None
    via: Via | None = None
    metadata: Metadata | None = None
    events: list[AuditEvent] = Field(default_factory=list)

    @property
    def comment(self) -> AuditEvent | None:
        """The comment made with this change; there is at most one."""
        return next((event for event in self.events if event.is_comment), None)

    def changes(self, name: str) -> list[AuditEvent]:
        """What happened to the field of this name, on creation too."""
        return [event for event in self.events if event.field_name == name]


class Meta(Shape):
    """Whether there are more pages."""

    has_more: bool = False
    after_cursor: str | None = None


class AuditPage(Shape):
    """Some of a ticket's changes, oldest first, with the people who made them."""

    audits: list[Audit]
    users: list[ZendeskUser] = Field(default_factory=list)
    meta: Meta = Meta()


class Updated(Shape):
    """The answer to a change."""

    ticket: ZendeskTicket | None = None
    audit: Audit | None = None


class Export(Shape):
    """A page of the incremental export."""

    tickets: list[ZendeskTicket]
    after_cursor: str | None = None
    end_of_stream: bool = True


class ListMeta(Shape):
    """As `Meta`, of a list that counts as read only when it says that it ends."""

    has_more: bool
    after_cursor: str | None = None


class ListPage(Shape):
    """A page of a list by cursor."""

    meta: ListMeta


class UserSegments(ListPage):
    """Some of the circles of readers that somebody belongs to.

    https://developer.zendesk.com/api-reference/help_center/help-center-api/user_segments/#list-user-segments
    """

    user_segments: list[Organization]


class FoundTicket(ZendeskTicket):
    """A ticket as search gives it."""

    satisfaction_rating: Rating | None = None


class FoundTickets(ListPage):
    """Some of the tickets that a search found."""

    results: list[FoundTicket]


class Brands(ListPage):
    """Some of the account's brands."""

    brands: list[Organization]


class Users(ListPage):
    """Some of the account's people."""

    users: list[ZendeskUser]


class Groups(ListPage):
    """Some of the account's groups."""

    groups: list[Organization]


class FieldOption(Shape):
    """What a drop-down offers: `name` is shown, `value` is stored, as a tag."""

    name: str
    value: str


class TicketField(Shape):
    """A field of tickets; the standard ones are among them."""

    id: str
    title: str
    type: str = ""
    custom_field_options: list[FieldOption] | None = None


class TicketFields(ListPage):
    """Some of the account's ticket fields."""

    ticket_fields: list[TicketField]


class CustomStatus(Shape):
    """A status of the account's own, within one of the standard ones."""

    id: str
    agent_label: str


class CustomStatuses(Shape):
    """All of them: a list without pages."""

    custom_statuses: list[CustomStatus]
