"""What tills are told: feed pages, light rows, snapshots."""
