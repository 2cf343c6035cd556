"""`bin/bench`: Tillit as it runs in production, measured beside the bare database in the same run.

`__main__` owns a data folder, starts Tillit there and ends it; `inside` fills a tenant, measures and reports.
"""
