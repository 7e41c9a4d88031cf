"""The sheet that comes with a new device: what whoever installs it must know, on one page, and a code of the same.

The code holds the join file, which a device's own program reads (`devices.agent.config`).
"""

import json
from html import escape

from api.joining import Joined
from api.qr import qr_svg
from controller.runtime.catalogue import text

STYLE = """
@page { size: A4; margin: 18mm }
body { font: 11pt/1.5 system-ui, "Noto Sans CJK SC", "WenQuanYi Micro Hei", sans-serif; color: #111; margin: 0 }
main { max-width: 174mm; margin: 0 auto; padding: 4mm }
h1 { font-size: 20pt; margin: 0 0 2mm }
h1 strong { font-family: ui-monospace, monospace }
.top { display: flex; gap: 8mm; align-items: flex-start; justify-content: space-between }
.top svg { width: 68mm; height: 68mm; flex: none }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 1.5mm 5mm; margin: 3mm 0 }
dt { color: #555 }
dd { margin: 0; font-family: ui-monospace, "Noto Sans Mono CJK SC", monospace; overflow-wrap: anywhere }
.note { border: .5mm solid #b45309; border-radius: 2mm; padding: 2mm 4mm; margin: 4mm 0 }
h2 { font-size: 12pt; margin: 5mm 0 1mm }
ol { padding-left: 6mm; margin: 0 }
pre { border: .3mm solid #999; border-radius: 1mm; padding: 3mm; font-size: 8.5pt; line-height: 1.35;
  white-space: pre-wrap; overflow-wrap: anywhere; margin: 0 }
@media print { main { padding: 0 } }
"""


def join_file(joined: Joined) -> str:
    """Return the join file of a device, TOML."""
    values = {
        "broker": joined.broker.url,
        **({"ca_file": joined.broker.ca_file} if joined.broker.ca_file else {}),
        "hall": joined.hall,
        "device": joined.device,
        "username": joined.device,
        "password": joined.password,
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in values.items()]  # a TOML basic string is JSON's
    return "\n".join((*lines, "", "[[parts]]", f'kind = "{joined.kind.replace("_", "-")}"', ""))


def code_svg(content: str) -> str:
    """Return a QR code as an SVG element."""
    picture = qr_svg(content)
    return picture[picture.index("<svg") :]  # within a page nothing may stand before it


def sheet(joined: Joined, language: str) -> str:
    """Return the sheet of a device: an HTML document of one page that needs nothing else.

    Args:
        joined: what the device needs.
        language: of the texts, BCP 47.
    """

    def say(key: str, **params: str) -> str:
        return escape(text(f"sheet.{key}", language, **params))

    place = [say(name, **{name: value}) for name, value in (("window", joined.window), ("zone", joined.zone)) if value]
    rows = [
        ("device", escape(joined.device)),
        ("kind", say(f"kind_{joined.kind}")),
        ("hall", escape(joined.hall)),
        *([("place", " · ".join(place))] if place else []),
        ("broker", escape(joined.broker.url)),
        ("username", escape(joined.device)),
        ("password", escape(joined.password)),
    ]
    listed = "\n".join(f"<dt>{say(name)}</dt><dd>{value}</dd>" for name, value in rows)
    ca = joined.broker.ca
    listed_steps = ("step_place", "step_file", *(("step_ca",) if ca else ()), "step_firmware")
    steps = "\n".join(f"<li>{say(step)}</li>" for step in listed_steps)
    authority = f"<h2>{say('ca')}: {escape(joined.broker.ca_file)}</h2>\n<pre>{escape(ca)}</pre>\n" if ca else ""
    file = join_file(joined)
    return f"""<!doctype html>
<html lang="{escape(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{say("title")} {escape(joined.device)}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<h1>{say("title")} <strong>{escape(joined.device)}</strong></h1>
<div class="top"><div>
<dl>
{listed}
</dl>
<p class="note">{say("secret_note")}</p>
</div>{code_svg(file)}</div>
<ol>
{steps}
</ol>
<h2>{say("file")}: device.toml</h2>
<pre>{escape(file)}</pre>
{authority}</main>
</body>
</html>
"""
