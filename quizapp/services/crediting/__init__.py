"""Credit: activities and what they state, taking part, claims and certificates, and the record that is kept of them.

The rules stand in `core.credit`, what is printed and signed in `formats.certificate`. Nothing here deletes.
"""
