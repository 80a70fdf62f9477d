"""What the cashier's hands and the keyboard scanner send: bursts, stripes, keys."""
