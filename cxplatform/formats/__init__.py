"""Where the organisation's habits differ from Django's for a language."""
