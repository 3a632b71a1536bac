"""The app that Slack makes for us, from a text that is pasted there. https://docs.slack.dev/reference/app-manifest/"""

SCOPES = {
    "chat:write": "to post alerts",
    "channels:history": "to find an alert again after a crash, in a public channel",
    "groups:history": "the same in a private channel",
    "channels:read": "to say which public channel it is, when it is connected",
    "groups:read": "the same of a private one",
}
MANIFEST = """\
# A Slack app for Firstline. At https://api.slack.com/apps: Create New App, From a manifest, your workspace, paste this,
# Create; then Install to Workspace, and copy the Bot User OAuth Token (xoxb-...) under OAuth & Permissions.
# Invite the bot to the channel (/invite @firstline), and run: firstline connect slack --channel C0123456789
display_information:
  name: Firstline
  description: Tickets that need a person
  background_color: "#1f3a5f"
features:
  bot_user:
    display_name: firstline
    always_online: true
oauth_config:
  scopes:
    bot:
SCOPES
settings:
  org_deploy_enabled: false
  socket_mode_enabled: false
  token_rotation_enabled: false
"""


def app_manifest() -> str:
    """YAML, with what to do with it as comments."""
    return MANIFEST.replace("SCOPES", "\n".join(f"      - {scope}  # {why}" for scope, why in SCOPES.items()), 1)
