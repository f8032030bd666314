"""Words that are meant to break a page: everything here must be shown as what it is, text.

The ways in are those of the OWASP XSS Filter Evasion Cheat Sheet and of the html5sec vectors: each kind of element,
each way to run something from it, each way to hide it.
"""

from collections.abc import Iterator

RUN = "window.hit=1"

ELEMENTS = (
    "<img src=x onerror={run}>",
    "<img src=x:x onerror={run}>",
    "<svg onload={run}>",
    "<svg><script>{run}</script></svg>",
    "<svg><animate onbegin={run} attributeName=x dur=1s>",
    "<svg><a xlink:href='javascript:{run}'><text y=20>x</text></a></svg>",
    "<svg><set onbegin={run} attributename=x>",
    "<svg><use href='data:image/svg+xml,<svg id=x onload={run}></svg>#x'></svg>",
    "<script>{run}</script>",
    "<script src='data:text/javascript,{run}'></script>",
    "<script type=module>{run}</script>",
    "<script>/*</script><script>*/{run}</script>",
    "<body onload={run}>",
    "<body onpageshow={run}>",
    "<iframe src='javascript:parent.{run}'></iframe>",
    "<iframe srcdoc='<script>parent.{run}</script>'></iframe>",
    "<object data='javascript:{run}'></object>",
    "<embed src='javascript:{run}'>",
    "<details open ontoggle={run}><summary>x</summary></details>",
    "<video><source onerror={run}></video>",
    "<audio src=x onerror={run}></audio>",
    "<input autofocus onfocus={run}>",
    "<select autofocus onfocus={run}></select>",
    "<textarea autofocus onfocus={run}></textarea>",
    "<button autofocus onfocus={run}>x</button>",
    "<marquee onstart={run}>x</marquee>",
    "<a href='javascript:{run}' autofocus onfocus={run}>x</a>",
    "<form action='javascript:{run}'><input type=submit autofocus></form>",
    "<isindex action='javascript:{run}' type=image>",
    "<math><maction actiontype=statusline xlink:href='javascript:{run}'>x</maction></math>",
    "<link rel=stylesheet href='data:text/css,*{{color:red}}'>",
    "<style>@import 'data:text/css,*{{color:red}}';</style>",
    "<style onload={run}></style>",
    "<meta http-equiv=refresh content='0;url=javascript:{run}'>",
    "<base href='//elsewhere.example/'>",
    "<template><img src=x onerror={run}></template>",
    "<noscript><p title='</noscript><img src=x onerror={run}>'></noscript>",
    "<table background='javascript:{run}'><td>x</td></table>",
    "<div style='background:url(javascript:{run})'>x</div>",
    "<div contenteditable autofocus onfocus={run}>x</div>",
    "<xss id=x tabindex=1 onfocus={run} autofocus></xss>",
    "<keygen autofocus onfocus={run}>",
    "<dialog open onclose={run}><form method=dialog><button autofocus>x</button></form></dialog>",
    "<portal src='javascript:{run}'></portal>",
)

HIDDEN = (
    "{0}",
    '">{0}',
    "'>{0}",
    "</textarea>{0}",
    "</title></script>{0}",
    "<!--{0}-->{0}",
    "\x00{0}",
)
"""Each breaks out of another place."""

ALONE = (
    "javascript:window.hit=1",
    "JaVaScRiPt:window.hit=1",
    "java\tscript:window.hit=1",
    "java&#x09;script:window.hit=1",
    "data:text/html,<script>window.hit=1</script>",
    "vbscript:msgbox(1)",
    "{{constructor.constructor('window.hit=1')()}}",
    "${window.hit=1}",
    "<%= window.hit=1 %>",
    "#{window.hit=1}",
    "&lt;script&gt;window.hit=1&lt;/script&gt;",
    "&#60;script&#62;window.hit=1&#60;/script&#62;",
    "\\u003cscript\\u003ewindow.hit=1\\u003c/script\\u003e",
    "%3Cscript%3Ewindow.hit=1%3C/script%3E",
    "<scr<script>ipt>window.hit=1</scr</script>ipt>",
    "＜script＞window.hit=1＜/script＞",  # noqa: RUF001
    '{"__proto__": {"hit": 1}}',
    '","type":"message","text":"',
    "'; DROP TABLE conversations_message; --",
    "' OR 1=1 --",
    "../../../../etc/passwd",
    "%s%n%x {0} {name} {low}",
    "{name} is here with you.",
    "https://elsewhere.example/track?who=me",
    '=HYPERLINK("https://elsewhere.example")',
)

WRITING = (
    "\u202eanother way round\u202c and back",
    "\u2066\u2067\u2068isolated and never closed",
    "\u202d\u202e\u202d\u202e",
    "ab\u200b\u200c\u200d\ufeffcd",
    "Z" + "\u0301\u0323\u035b" * 120 + "algo",
    "".join(f"{letter}{chr(0x300 + n % 112) * 20}" for n, letter in enumerate("he comes")),
    "\u0627\u0644\u0633\u0644\u0627\u0645 hello \u05e9\u05dc\u05d5\u05dd",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466" * 90,
    "\U0001f1e6" * 999,
    "\ufdfd" * 300,
    "a" * 2_000,
    "\u3000\u00a0 only wide spaces between \u3000\u00a0",
    "line\rline\nline\r\nline\u2028line\u2029line",
    "\x01\x02\x07\x1b[31mred\x1b[0m\x7f",
    "\ud7ff\ue000\ufffd\uffff",
)

TEN_THOUSAND = "\U0001f622" * 10_000
"""More than may be said at once."""


def hostile() -> list[str]:
    """At least 300, each different, each short enough to be said."""
    return [*dict.fromkeys([*_elements(), *ALONE, *WRITING])]


def _elements() -> Iterator[str]:
    for element in ELEMENTS:
        for hidden in HIDDEN:
            yield hidden.format(element.format(run=RUN))
