"""The ways by which tickets reach a Zendesk, in the words of the policy
(https://developer.zendesk.com/documentation/ticketing/reference-guides/via-types/)."""

from integration.zendesk.api import models

WAYS = {
    **dict.fromkeys(("web", "web_form", "0", "help_center", "web_widget", "dropbox", "17", "forum", "24"), "web"),
    **dict.fromkeys(("email", "mail", "4", "mailgun"), "mail"),
    **dict.fromkeys(("api", "web_service", "5", "ticket_sharing", "31", "import", "39"), "api"),
    **dict.fromkeys(("chat", "29", "native_messaging", "messaging", "sunshine_conversations_api"), "chat"),
    **dict.fromkeys(("line", "wechat", "telegram", "viber", "kakaotalk", "apple_business_chat", "google_rcs"), "chat"),
    **dict.fromkeys(("voice", "voicemail", "33", "phone_call_inbound", "34", "phone_call_outbound", "35"), "voice"),
    **dict.fromkeys(("twitter", "30", "twitter_favorite", "23"), "x"),
    **dict.fromkeys(("twitter_dm", "26", "sunshine_conversations_twitter_dm"), "x_direct"),
    **dict.fromkeys(("facebook", "facebook_post", "38", "facebook_message", "41"), "facebook"),
    "sunshine_conversations_facebook_messenger": "facebook",
    **dict.fromkeys(("sms", "text_message", "37", "twilio_sms", "messagebird_sms"), "sms"),
    **dict.fromkeys(("mobile", "mobile_sdk", "iphone", "15"), "mobile"),
}
"""By Zendesk's name or number; what is not here keeps Zendesk's own name: `whatsapp`, `instagram_dm` and so on."""


def way_of(via: models.Via | None) -> str:
    """How the customer reaches us; empty where Zendesk does not say."""
    channel = (via.channel or "").lower() if via else ""
    if WAYS.get(channel) == "x" and via and via.source and via.source.rel == "direct_message":
        return "x_direct"
    return WAYS.get(channel, channel)
