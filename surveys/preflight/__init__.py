"""What would happen if a campaign were launched: who, when, with how many answers, and what speaks against it."""
