"""What is printed: tagged PDF (PDF/UA-1), set by typst, with no font or file of the system's."""
