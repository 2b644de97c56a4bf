"""One file an action; `ACTIONS` lists their records."""

from automata_files.actions.append_text import APPEND_TEXT
from automata_files.actions.list_files import LIST_FILES
from automata_files.actions.read_csv import READ_CSV
from automata_files.actions.read_json import READ_JSON
from automata_files.actions.read_text import READ_TEXT
from automata_files.actions.write_csv import WRITE_CSV
from automata_files.actions.write_json import WRITE_JSON
from automata_files.actions.write_text import WRITE_TEXT

ACTIONS = (APPEND_TEXT, LIST_FILES, READ_CSV, READ_JSON, READ_TEXT, WRITE_CSV, WRITE_JSON, WRITE_TEXT)
