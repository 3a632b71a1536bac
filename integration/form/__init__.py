"""The customer's pages: write a ticket, watch it move, go on talking. Open in the demo only."""
