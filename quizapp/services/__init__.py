"""The deeds of the people who use the program: one function a deed, one transaction a deed, and the reads for its pages.

No request, no form, no clock: who acts, when and with which chance come in as arguments. Frozen dataclasses go out.
"""
