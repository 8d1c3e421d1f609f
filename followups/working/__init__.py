"""What people do with a follow-up, and what happens while nobody does anything."""
