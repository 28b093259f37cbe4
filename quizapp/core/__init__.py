"""Pure rules of the domain: memory, ability, mastery, selection, grading, credit. Standard library only.

No clock, no database, no Flask, no files; time and chance come in as arguments.
"""
