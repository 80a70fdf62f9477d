"""The till's files: `journal.db`, never replaced; `replica-<id>.db`, fetched again at will."""
