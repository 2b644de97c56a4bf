"""Files connector for Automata: read and write files below one folder."""

__version__ = "0.1.0"
