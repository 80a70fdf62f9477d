"""The `guibin` program: one module per command, each imported only when it is asked for."""
