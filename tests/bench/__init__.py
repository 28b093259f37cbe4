"""What the program costs, on the production server: `python3 -m tests bench` prints tables and judges nothing.

No test lives here, and nothing the program needs: what must hold is asserted in the suites, what varies with the
machine is measured here.
"""
