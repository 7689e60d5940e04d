"""The other side of every API: requests as each vendor's own client signs and sends them."""
