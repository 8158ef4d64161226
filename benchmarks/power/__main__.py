"""Power control link by link: ``python -m benchmarks.power`` is :mod:`benchmarks.power.graphs`."""

from benchmarks.power.graphs import main

main()
