"""Generated and manipulated faces."""
