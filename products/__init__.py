"""Products: intelligence reports, subject profiles, charts, timelines, maps, exchange formats.

Empty so far, but for its place on the path: what it will tell passes the gate, from accepted and
graded items alone (docs/roadmap.md).
"""
