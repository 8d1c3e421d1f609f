"""A brand's look on the pages of its customers."""
