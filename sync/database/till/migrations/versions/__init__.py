"""One module per schema, in order; `user_version` of the file is the number of the last one run."""
