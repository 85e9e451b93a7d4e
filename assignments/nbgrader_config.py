"""nbgrader's settings for this course; its pages in JupyterLab and its command line find this file.

The settings stand in `swin_edu/classroom/course.py`. Add your own at the end, for example an exchange folder.
"""

from pathlib import Path

from swin_edu.classroom.course import Course

c = get_config()  # noqa: F821 (given by the reader of this file)
c.merge(Course(Path(__file__).resolve().parent).config())
