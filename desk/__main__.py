"""`python -m desk`: the command line, where the installed command is not on the path."""

from desk.cli import run

run()
