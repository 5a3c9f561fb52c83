"""`python -m scripts`: what `make run` does, see scripts/run.py."""

import gc
import sys

gc.disable()  # there is no garbage while all is loaded; a second less to start. run enables it

from scripts.run import main  # noqa: E402

sys.exit(main())
