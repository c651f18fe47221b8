"""How the committed model was made: run as `python -m enrich.training`, never by the product."""
