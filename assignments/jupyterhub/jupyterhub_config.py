"""JupyterHub for this course: a server for each student, and one that all who grade share.

Copy what you need into the hub's own `jupyterhub_config.py`, and change names and paths. The rest is
in `assignments/README.md`.
"""

COURSE = "swin"  # the course's id in nbgrader; the service has to be called the same
CHECKOUT = f"/home/grader-{COURSE}/swin-edu"  # of the account that grades, and readable by nobody else
STUDENTS = "/srv/swin-edu/students"  # a copy of assignments/jupyterhub/students, readable by all
PROGRAMS = "/opt/swin-edu/bin"  # of the environment in which everything is installed

c = get_config()  # noqa: F821 (given by the reader of this file)

c.Authenticator.allowed_users = {"teacher1", "teacher2", "student1", "student2"}

# Who may grade. nbgrader wants the group to be called formgrade-COURSE.
c.JupyterHub.load_groups = {f"formgrade-{COURSE}": {"users": ["teacher1", "teacher2"]}}
c.JupyterHub.load_roles = [
    {
        "name": f"formgrade-{COURSE}",
        "groups": [f"formgrade-{COURSE}"],
        "scopes": [f"access:services!service={COURSE}", "list:services", f"read:services!service={COURSE}"],
    }
]

# Where all who grade work, under an account of its own: https://HUB/services/swin/formgrader
c.JupyterHub.services = [
    {
        "name": COURSE,
        "url": "http://127.0.0.1:9999",
        "command": [f"{PROGRAMS}/jupyterhub-singleuser"],
        "user": f"grader-{COURSE}",
        "cwd": CHECKOUT,
        "environment": {
            "JUPYTERHUB_DEFAULT_URL": "/lab/tree/assignments",
            # The same as `swin-edu lab --teacher`.
            "JUPYTER_CONFIG_PATH": ":".join(
                f"{CHECKOUT}/{folder}" for folder in ("assignments/.jupyter", "assignments", ".jupyter")
            ),
            "PATH": f"{PROGRAMS}:/usr/bin:/bin",
        },
    }
]

# Students fetch and hand in with nbgrader's Assignment List, and see none of its other pages.
c.Spawner.environment = {"JUPYTER_CONFIG_PATH": STUDENTS}
