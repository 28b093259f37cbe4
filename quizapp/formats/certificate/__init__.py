"""The certificate of credit: from frozen facts to a signed PDF with its credential inside, and back to a verdict.

`facts.py` what is certified; `printing.py` the page; `credential.py` the same facts for machines; `sealing.py` the
signature over the whole file; `keys.py` what signs and what the public gets; `verifying.py` the judgement of a file,
which needs no network and no database. Not inside: who may have a certificate, and where one is stored.
"""
