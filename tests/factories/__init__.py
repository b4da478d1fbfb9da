"""Rows that tests start from, made by the rooms themselves."""
