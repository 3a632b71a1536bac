"""Documents that come from Zendesk: Guide articles and solved tickets."""
