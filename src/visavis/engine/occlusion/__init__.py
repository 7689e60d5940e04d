"""What covers which part of a face, and whether a mask is worn."""
