"""The survey builder: questions as cards, each edited in place, beside the page customers will see.

Every change is one action; the answer to it brings the heads of all cards up to date, never the fields somebody is
typing in. Templates: surveys/builder*.html, script: cx/builder.js.
"""
