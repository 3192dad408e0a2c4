"""``python -m qunce`` is ``qunce``."""

from qunce.cli.main import main

if __name__ == "__main__":
    main()
