"""Surveys, campaigns and answers for programs."""
