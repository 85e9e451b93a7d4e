"""An explorer on a page of its own: the module that travels to notebooks, without a notebook or a kernel."""

import base64
import json
from pathlib import Path

from swin_edu.visuals import Explorer

PAGE = """<!doctype html><meta charset="utf-8"><title>explorer</title>
<style>body {{ margin: 0; padding: 10px; }} {css}</style><body><div id="here"></div><script type="module">
const state = {state};
for (const photo of Object.values(state._photographs ?? {{}})) {{
  photo.data = Uint8Array.from(atob(photo.data), (letter) => letter.charCodeAt(0));
}}
const listeners = {{}};
window.listening = () => Object.values(listeners).flat().length;
window.saved = 0;
window.model = {{
  get: (name) => state[name],
  set(name, value) {{
    state[name] = value;
    (listeners[`change:${{name}}`] ?? []).forEach((work) => work());
  }},
  on(name, work) {{ (listeners[name] ??= []).push(work); }},
  off(name, work) {{ listeners[name] = (listeners[name] ?? []).filter((other) => other !== work); }},
  save_changes() {{ window.saved += 1; }},
}};
const source = new Blob([{module}], {{ type: "text/javascript" }});
const explorer = await import(URL.createObjectURL(source));
window.destroy = explorer.default.render({{ model: window.model, el: document.getElementById("here") }});
</script>"""


def write_page(explorer: Explorer, path: Path) -> str:
    """Write a page with this explorer, as a view without a kernel shows it; returns its address."""
    state = {name: value for name, value in explorer.get_state().items() if name not in ("_esm", "_css")}
    state.pop("layout", None)

    def encode(value: object) -> str:
        assert isinstance(value, bytes), type(value)
        return base64.b64encode(value).decode()

    text = {
        "state": json.dumps(state, default=encode),
        "module": json.dumps(explorer._esm).replace("</", "<\\/"),
        "css": explorer._css,
    }
    path.write_text(PAGE.format(**text), encoding="utf-8")
    return path.as_uri()
