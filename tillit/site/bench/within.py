"""Set Django up, then run a module as a program: `python -m tillit.site.bench.within MODULE [ARGUMENTS...]`."""

from __future__ import annotations

import runpy
import sys

import django

if __name__ == "__main__":
    django.setup()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
