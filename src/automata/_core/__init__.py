"""The inside of the kernel: everything here may change; import from `automata`, `automata.model`, `automata.sdk`."""
