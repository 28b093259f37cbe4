"""The program, for a WSGI server (`wsgi:app`) or for a newcomer (`python3 wsgi.py`).

Run as a script it needs nothing but Python: it makes the environment, the database and the demo accounts, loads the
content, and serves on this machine until it is interrupted.
"""

import sys

if __name__ == "__main__":
    from quizapp.bootstrap import run_in_environment

    served = ["serve", "--local", *sys.argv[1:]]
    run_in_environment("run", ["-m", "quizapp.cli", *served])

    # Only who began with the environment’s own Python comes here.
    from quizapp.cli import main

    sys.argv[1:] = served
    main()
    sys.exit()

from quizapp.app import create_app

app = create_app()
