"""Jobs: runs the path. Every verb of the desk is a function here.

It gives back verdicts, ids and gated text, never evidence bytes. Collection runs in one child
process per job; the steps after sealing are idempotent and keyed by capture and version.

Its doors, imported by name so that a command loads only what it needs: `workplace` (a command's
time at work), `founding`, `casework`, `collecting`, `steps`, `finding`, `reading`, `verifying`,
`ledgering`, `conditions`.
"""
