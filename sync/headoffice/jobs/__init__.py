"""Work nobody waits for: checking signatures, driving quarantined entries again."""
