"""Parts that screens are built from; they know tokens and pixels, not members or money."""
