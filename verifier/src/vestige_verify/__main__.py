"""`python -m vestige_verify`."""

import sys

from vestige_verify.cli import main

if __name__ == "__main__":
    sys.exit(main())
