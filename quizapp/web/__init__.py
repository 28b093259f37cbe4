"""Pages: read a request, call one service, render its answer.

No model, no SQL, no grading and no rule of the domain. Every view says who may enter with `@allow`.
"""
