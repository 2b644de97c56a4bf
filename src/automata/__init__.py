"""Automata: a plugin-based, extensible automation framework."""
