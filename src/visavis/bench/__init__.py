"""Speed on this machine, beside its peers, through the public surface only."""
