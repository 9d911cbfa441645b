"""Detection: which agents are caught or flagged by mistake. One kind per file."""
