"""Telling people about follow-ups: in the app, by mail, in their team's chat."""
