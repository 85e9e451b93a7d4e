"""The teacher's side: handing out, collecting, and grading students' code in isolation.

The commands `swin-edu release`, `collect`, `grade` and `feedback` use it; learners never need it.
"""
