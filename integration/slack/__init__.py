"""Slack: alerts to the people who answer what Firstline must not."""
