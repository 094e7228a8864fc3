"""Controllers are asked how the access points are that they adopted: a file for each make."""
