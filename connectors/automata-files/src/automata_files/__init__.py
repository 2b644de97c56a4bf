"""Automata connector files."""
