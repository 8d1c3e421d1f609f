"""Taking answers, from the first look at a survey until it is finished or left."""
