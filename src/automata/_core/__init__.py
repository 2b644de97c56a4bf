"""The inside of the kernel: everything here may change. Import from `automata`, `automata.model`, `automata.sdk` instead."""
