"""What head office's people do, told as data: one module per area, listed in `catalogue`.

The same words name an operation on the command line (`guibin headoffice do`), behind the admin
token (`POST /v1/admin/operations/<name>`) and in a scenario file.
"""
