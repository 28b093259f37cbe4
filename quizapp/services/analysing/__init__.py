"""Item analysis as authors read it: one question, all questions of a bank, closed forms, what a bank still lacks.

Reads only, but for `forms`, which writes the figures of a form once. Counters come from `services.counting`, figures
from `core.itemstats`; whoever may read a question’s draft may see what answers say of it (`authoring.scope`). Cohorts
are named to those who teach them and to nobody else, learners to nobody at all.
"""
