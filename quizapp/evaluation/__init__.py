"""Does the engine work? Simulated learners and recorded answers, against what is usually done.

Pure: no clock, no database, no framework; chance comes from seeds. The engine that is judged here is `core.selection`
and `core.planning` themselves, never a copy. What a simulated learner truly knows lives here and nowhere else.
"""
