"""In-memory store, virtual clock and seeded randomness: the default for tests and throw-away embedding."""
