"""Widget messages are heard while a cell runs; all others keep their place. In a real kernel."""

import textwrap
import threading
from collections.abc import Iterator
from types import SimpleNamespace as Made

import pytest
from jupyter_client.manager import start_new_kernel

from swin_edu.visuals.kernel_messages import hear_browser, running_kernel

SECONDS = 60


@pytest.fixture(scope="module")
def client() -> Iterator[object]:
    manager, client = start_new_kernel(startup_timeout=SECONDS)
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def printed_by(client, message) -> str:
    """All that a cell prints, when it is done."""
    text = ""
    while True:
        heard = client.get_iopub_msg(timeout=SECONDS)
        if heard["parent_header"].get("msg_id") != message:
            continue
        assert heard["msg_type"] != "error", heard["content"]["traceback"]
        if heard["msg_type"] == "stream":
            text += heard["content"]["text"]
        if heard["content"].get("execution_state") == "idle":
            return text


def run(client, code) -> str:
    return printed_by(client, client.execute(textwrap.dedent(code)))


def test_a_message_reaches_its_widget_in_the_middle_of_a_cell_and_later_cells_keep_their_order(client):
    run(
        client,
        """
        import comm, time
        from swin_edu.visuals.kernel_messages import hear_browser
        order, comm_here = [], comm.create_comm(target_name="test", comm_id="here")
        comm_here.on_msg(lambda message: order.append(message["content"]["data"]))
        """,
    )
    first = client.execute(
        textwrap.dedent("""
        order.append("cell 1")
        end = time.monotonic() + 30
        while "click" not in order and time.monotonic() < end:
            hear_browser()
            time.sleep(0.01)
        order.append("end of cell 1")
        """)
    )
    second = client.execute("order.append('cell 2')")
    third = client.execute("order.append('cell 3'); print(order)")
    click = client.session.msg("comm_msg", {"comm_id": "here", "data": "click"})
    client.shell_channel.send(click)
    printed = {}
    while third not in printed:
        heard = client.get_iopub_msg(timeout=SECONDS)
        parent = heard["parent_header"].get("msg_id")
        assert heard["msg_type"] != "error", heard["content"]
        if heard["msg_type"] == "stream":
            printed[parent] = heard["content"]["text"]
    assert printed[third].strip() == str(["cell 1", "click", "end of cell 1", "cell 2", "cell 3"])
    assert {first, second, third} >= printed.keys()


def test_cells_that_waited_are_given_up_where_the_running_one_fails(client):
    client.execute(
        "import time\nfrom swin_edu.visuals.kernel_messages import hear_browser\n"
        "for _ in range(50):\n    hear_browser(); time.sleep(0.01)\n1 / 0"
    )
    waiting = client.execute("print('must not run')")
    reply = client.get_shell_msg(timeout=SECONDS)
    while reply["parent_header"].get("msg_id") != waiting:
        reply = client.get_shell_msg(timeout=SECONDS)
    assert reply["content"]["status"] == "aborted"
    while client.get_iopub_msg(timeout=SECONDS)["parent_header"].get("msg_id") != waiting:
        pass
    client.get_iopub_msg(timeout=SECONDS)
    assert run(client, "print('goes on')").strip() == "goes on"


def test_another_thread_and_an_idle_queue_hear_nothing(client):
    said = run(
        client,
        """
        import threading
        from swin_edu.visuals.kernel_messages import hear_browser
        heard = [hear_browser()]
        thread = threading.Thread(target=lambda: heard.append(hear_browser()))
        thread.start(); thread.join()
        print(heard)
        """,
    )
    assert said.strip() == "[0, 0]"


def test_outside_of_a_kernel_nothing_happens():
    assert threading.current_thread() is threading.main_thread()
    assert running_kernel() is None
    assert hear_browser() == 0


@pytest.mark.parametrize("inside", [{}, {"shell_stream": None}, {"shell_channel_thread": Made()}])
def test_a_kernel_that_is_built_otherwise_is_left_alone(inside):
    assert hear_browser(Made(**inside)) == 0
