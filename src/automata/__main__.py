"""``python -m automata`` is the ``automata`` program."""

from automata.cli.main import main

if __name__ == "__main__":
    main()
