"""One module per revision. They read no data, so that they can be written out as SQL."""
