"""The parts of the harness are modules beside the tests; the programs among them import each other the same way."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
