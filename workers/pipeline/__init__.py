"""The pipeline: classify → retrieve → draft → validate → decide. Pure: no table, no channel, no SDK."""
