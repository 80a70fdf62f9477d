"""Clearing between dealers: runs, statements, explanations."""
