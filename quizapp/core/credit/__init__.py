"""The rules of continuing medical education credit: amounts, claims, what an activity must state, who a physician is.

Everything here is decided from its arguments. Amounts are whole quarters of a credit; marks are whole. What a rule
refuses comes back as sentences that a person can act on. Not inside: statements of accreditation and designation,
which are a provider's text, and anything that stores or prints.
"""
