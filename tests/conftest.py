"""What holds for all tests."""

import os

# As the commands do, before torch is imported: else tests crawl on a machine that has something else to do.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
