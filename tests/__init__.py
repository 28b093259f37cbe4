"""The tests: `python3 -m tests`. This file may import nothing: it is read before anything is installed."""
