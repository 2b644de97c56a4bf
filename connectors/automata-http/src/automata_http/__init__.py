"""HTTP connector for Automata: call any HTTP API."""

__version__ = "0.1.0"
