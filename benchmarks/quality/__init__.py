"""How well documents are read: each section of docs/quality.md is a module that measures it."""
