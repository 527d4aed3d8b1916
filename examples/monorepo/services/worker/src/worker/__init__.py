"""The service that works orders off."""
