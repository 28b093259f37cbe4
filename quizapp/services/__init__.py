"""The deeds of the people who use the program, one function and one transaction each, and the reads for its pages.

No request, no form, no clock: who acts, when and with which chance come in as arguments. Frozen dataclasses go out.
"""
