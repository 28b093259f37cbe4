"""Writing content in the browser: who may, drafts, review, publishing, and what follows from it.

Nothing here knows a form or draws a page. What a published version is made of belongs to `services.content`; the two
ways to it, a file and an approved draft, meet there.
"""
