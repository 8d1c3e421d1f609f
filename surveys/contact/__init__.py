"""Whom a campaign may write to, when, and why not: the contact policy."""
