"""The ``automata`` program: click commands, each loaded when it is used. No rule about workflows lives here."""
