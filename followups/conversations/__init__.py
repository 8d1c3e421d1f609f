"""What is written between us and a customer, by mail and SMS, and the files that come along."""
