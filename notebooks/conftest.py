"""The sources and the builder are no doctests: importing a source would run a whole lesson."""

collect_ignore_glob = ["src/*", "build.py"]
