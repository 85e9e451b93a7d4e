"""The classroom: assignments made from the exercises, handed out, collected, graded in isolation, given back.

Teachers use it through `swin-edu release`, `collect`, `grade` and `feedback`; `assignments/README.md` is the
guide. Learners never need it.
"""
