"""One module a command; `automata.cli.program` names them and imports each when it is used."""
