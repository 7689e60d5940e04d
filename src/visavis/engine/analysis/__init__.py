"""What is measured of one face: light, colour, blur, completeness, eyes and mouth."""
