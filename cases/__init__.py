"""Cases: who may do what, why and until when; the catalogue, and the ledger of everything done.

The room promises that a change and its record are one transaction, that no two things get one
number, and that nothing of collected text lies in its tables. It imports nothing of ours.

Its doors, imported by name so that a command loads only what it needs. Values: `identity`,
`times`, `errors`, `captures`, `signing`, `settings`. Acts: `people`, `casebook`, `authorities`,
`job_book`, `holdings`. The ledger: `entries`, `ledger`, `sequencer`, `proofs`, `proving`,
`audit`, `notes`, `row_texts`. Where it lies: `vault`, `catalogue`.
"""
