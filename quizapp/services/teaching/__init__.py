"""Teaching: cohorts, who learns in them, what they are given, and what came of it.

Who teaches a cohort sees it; nobody else learns that it exists. What a learner does unasked is the learner's own: it is
seen by those who teach only where the learner said so at joining, and confidence and causes never with a name.
"""
