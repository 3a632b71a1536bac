"""What orders search's best passages anew, one file per API (desk.ports.Reranker)."""
