"""Starts the application that this file carries."""

SOURCES = {}
