"""The `automata` program."""
