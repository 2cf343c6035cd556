"""The prober: a process that knows no database and no Django. `python -m tillit.availability.probes.prober`."""
