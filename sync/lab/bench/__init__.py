"""Production functions against floors measured in the same run (docs/performance.md)."""
