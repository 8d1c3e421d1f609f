"""What the pages of follow-ups and improvements show, and what people type there."""
