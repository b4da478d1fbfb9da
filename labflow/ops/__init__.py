"""DOOR: what runs without a request: backup, and the demo laboratory."""
