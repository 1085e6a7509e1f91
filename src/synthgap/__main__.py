"""`python -m synthgap`: the command `synthgap`."""

from synthgap.command_line.app import main

if __name__ == "__main__":
    main()
