"""Speed and memory of swin-edu beside other implementations of Swin, measured in one run.

`python -m benchmarks` does it all; README.md in this folder says what is measured and how.
"""
