"""Reading the send ledger: how a campaign stands, and what one customer was asked and was not."""
