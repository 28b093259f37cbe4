"""Content between files, versions and readers: loading and exporting files, lessons, evidence, figures, search.

Nothing here shows a key: questions are read by the services that ask them.
"""
