"""The ledger: an RFC 6962 Merkle log with signed checkpoints and a content-addressed store."""
