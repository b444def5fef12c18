"""Real processes over one database, killed at random: nothing is lost, nothing happens twice.

    pytest tests/acceptance/faults                                      # as in every run
    TEST_FAULT_SEED=7 TEST_FAULT_TIMES=20 pytest -s tests/acceptance/faults   # longer, by hand

What is thrown at the programs: SIGKILL of workers and clerks (test_kills), of whoever numbers
documents (test_document_numbers), of the service (test_service) and its web processes
(test_web_killed), of PostgreSQL itself (test_database_killed), of a primary with a standby taking
over (test_failover); lines that are cut (test_cuts), a full disk (test_disk_full), clocks that jump
(test_clocks), a slow or stuck standby (test_slow_standby), machines that lose each other
(test_machines), and clerks who race for one task (test_linear). `checker` proves what must hold
afterwards; docs/faults.md tells more.
"""

from __future__ import annotations

import os

SEED = int(os.environ.get("TEST_FAULT_SEED", "20260302"))
"""Decides who is killed when, as far as the machine's own timing lets it."""
TIMES = int(os.environ.get("TEST_FAULT_TIMES", "1"))
"""How many times as many faults as usual."""
