"""Two customers who are one person: found, compared, merged, and taken apart again."""
