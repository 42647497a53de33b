"""`python -P -m limnograph`, the same as the console script."""

from limnograph.cli import main

if __name__ == "__main__":
    main()
