"""Scenarios: described stories of a chain, played through real processes, and what they leave
behind."""
