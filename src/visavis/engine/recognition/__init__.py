"""From a face to the numbers that are compared."""
