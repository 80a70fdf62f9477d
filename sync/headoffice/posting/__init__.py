"""From a pushed batch to the books: load, let the domain decide entry by entry, store."""
