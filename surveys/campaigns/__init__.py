"""The life of a campaign: drafted, approved, launched, paused, finished."""
