"""The desk: how people use it. So far the command line, `lantern`.

A verb per act. It never touches search, evidence or enrich: what it shows passed the gate, what
it does is a function of `jobs`.
"""
