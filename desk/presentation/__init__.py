"""Runs and tickets laid out as texts that people read: reply, note, alert, receipt."""
