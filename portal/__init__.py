"""What people see: the way a guest goes online (way 1). See README.md."""
