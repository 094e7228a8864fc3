"""What an authority has preserved beyond its day (CPCE L34-1 III bis)."""
