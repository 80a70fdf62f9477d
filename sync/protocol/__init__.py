"""What tills and head office say to each other: messages, codec, keys, signatures and the exchange,
without I/O."""
