"""Persian numbers in groups of three, which Django leaves out."""

NUMBER_GROUPING = 3
