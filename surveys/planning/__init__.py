"""Who is asked by a campaign, and when: every customer is a row in the send ledger, with the reason."""
