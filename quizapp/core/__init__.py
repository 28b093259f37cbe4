"""Pure rules of the domain: memory, ability, mastery, selection, planning, grading, credit. Standard library only, but
for numpy in `projection`, which weighs hundreds of objectives at once, and in `calibration`, `fitting` and `repeats`,
which estimate from a whole log.

No clock, no database, no Flask, no files; time and chance come in as arguments.
"""
