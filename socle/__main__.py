"""`python -m socle` is `socle`."""

from socle.cli import main

if __name__ == "__main__":
    main()
