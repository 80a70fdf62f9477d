"""Databases of till and head office: the only place that knows how and where rows are kept."""
