"""`python -m quizapp.cli` is the `quizapp` command."""

from quizapp.cli import main

main()
