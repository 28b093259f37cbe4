"""Item analysis: what first answers say of a question, and what a common form says of all its questions.

`tallies`: which integers an answer adds to the counters. `practice`: figures from the counters, where everybody meets
other questions. `forms`: classical figures of a form that everybody answered. `drift`: whether a question has changed
between months or cohorts. `pairs`: whether a question gives another away. `odds`: the odds ratio that both rest on.
`verdicts`: what to tell an author first. `intervals`: how sure any of it is.

Counters and marks are integers and every figure is a function of their sums, so that the order of answers never
matters and a recount gives the same figures to the last digit.
"""
