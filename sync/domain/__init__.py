"""Pure rules of the ledger: no I/O, no clock, no randomness. Time, ids and keys are passed in."""
