"""Automata connector http."""
