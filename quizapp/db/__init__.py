"""Tables, the session, and the one way to write.

No rule of the domain lives here, no request, no template: what a deed decides is decided in `core` and `services`.
"""
