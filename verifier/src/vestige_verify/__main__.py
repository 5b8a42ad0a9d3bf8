"""`python -m vestige_verify`."""

from vestige_verify.cli import main

if __name__ == "__main__":
    main()
