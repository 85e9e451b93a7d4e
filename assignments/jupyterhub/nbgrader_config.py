"""What students' and graders' nbgrader agree on: copy it to `/etc/jupyter/nbgrader_config.py` of the hub.

The folder has to be there, and everybody has to be able to write in it: `mkdir -p /srv/nbgrader/exchange` and
`chmod 777 /srv/nbgrader/exchange`. nbgrader gives what lies in it the right owners itself.
"""

c = get_config()  # noqa: F821 (given by the reader of this file)
c.CourseDirectory.course_id = "swin"
c.Exchange.root = "/srv/nbgrader/exchange"
