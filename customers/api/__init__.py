"""Customers and segments for programs."""
