"""``python -m automata`` is the ``automata`` program."""

import sys

from automata.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
