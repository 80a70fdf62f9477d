"""Qt glue without policy."""
