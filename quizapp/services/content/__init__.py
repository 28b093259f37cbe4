"""Content between files, versions and readers: loading and exporting files, lessons, evidence, figures, search.

Nothing here shows a key: questions are read by the services that ask them. The modules are imported one by one, because
a page that reads a lesson needs none of the machinery that makes one.
"""
