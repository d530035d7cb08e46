"""The page of a village for everybody: HTML without a script, at most 50 kB, in large type; from records to bytes.

One page holds as many notices as fit; the rest stand on further pages. What the hub serves lies on a web server
elsewhere as well: only links differ.
"""

import hashlib
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from api.domain.notice_tables import Attached
from api.domain.posted import shown

LIMIT = 50_000  # bytes of a page, uncompressed
ROOM = 46_000  # of them for what hangs; head, navigation and foot need less than the rest
MOST = 25  # notices on a page: a thumb has to get through them

STYLE = """
html{font-size:18px;-webkit-text-size-adjust:100%}
body{margin:0 auto;max-width:44rem;padding:0 1rem 2rem;background:#fff;color:#14242e;
font-family:"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;line-height:1.7}
header{border-bottom:3px solid #a32222;padding:1rem 0 .6rem}
h1{font-size:1.6rem;line-height:1.3;margin:0}
header p,.quiet{color:#465661;margin:.2rem 0}
article{border-bottom:1px solid #9aa7b0;padding:1rem 0}
h2{font-size:1.25rem;line-height:1.4;margin:0 0 .2rem}
h1,h2,dd,p{overflow-wrap:anywhere;word-wrap:break-word}
dl{margin:.6rem 0}
dt{color:#465661}
dd{margin:0 0 .5rem;white-space:pre-line}
ul{margin:0;padding-left:1.2rem}
li a{display:inline-block;padding:.4rem 0}
li{overflow-wrap:anywhere;word-wrap:break-word}
.until{font-weight:700}
a{color:#0b4f9e}
.press,button{display:inline-block;font:inherit;padding:.5rem 1.1rem;border:2px solid #0b4f9e;border-radius:.3rem;
background:#fff;color:#0b4f9e;text-decoration:none}
label{display:block;font-weight:700;margin-top:1rem}
input,textarea{font:inherit;width:100%;box-sizing:border-box;padding:.5rem;border:2px solid #465661;border-radius:.3rem}
button{background:#0b4f9e;color:#fff;margin-top:1rem}
nav{padding:1rem 0}
nav a{display:inline-block;padding:.5rem .8rem}
footer{padding-top:1rem}
""".replace("\n", "")
# Its own browser saves no files on many telephones.
IN_WECHAT = '<p class="quiet">在微信里打不开的，请点右上角“…”，选“在浏览器打开”。</p>'
STYLE_HASH = "sha256-" + b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()


def policy(form_action: str) -> str:
    """The content security policy: our own style, nothing fetched, nothing run."""
    return f"default-src 'none'; style-src '{STYLE_HASH}'; base-uri 'none'; form-action {form_action}"


@dataclass(frozen=True, slots=True)
class Item:
    id: str
    matter: str
    title: str
    says: Sequence[tuple[str, str, object]]  # name, kind, value
    from_on: str
    last_on: str | None  # the last day on which it hangs; None: not before an objection is answered
    code: str | None  # of the archive's checkpoint
    tables: Sequence[Attached] = ()


@dataclass(frozen=True, slots=True)
class Village:
    name: str
    above: str  # the town's


@dataclass(frozen=True, slots=True)
class Links:
    page: Callable[[int], str]  # 1, 2, …
    objection: Callable[[str], str | None]  # of a notice; None: there is no form
    home: str | None = None
    meta: str = ""  # further lines of the head
    table: Callable[[str], str] = str  # of a table's file; beside the page it is its name


def village_pages(village: Village, items: Iterable[Item], links: Links) -> list[bytes]:
    """At least one."""
    parts = packed(_article(item, links.objection(item.id), links.table) for item in items)
    pages = []
    for number, articles in enumerate(parts, 1):
        body = "".join(articles) or "<p>现在没有正在公示的事项。</p>"
        around = [
            f'<a href="{escape(links.page(each))}">{"上一页" if each < number else "下一页"}</a>'
            for each in (number - 1, number + 1)
            if 1 <= each <= len(parts)
        ]
        nav = f"<nav>第 {number} 页，共 {len(parts)} 页 {' '.join(around)}</nav>" if len(parts) > 1 else ""
        body = f"{_header(village, '村务公示')}<main>{body}</main>{nav}{_foot(links)}"
        pages.append(whole(f"{village.name} 村务公示", body, links.meta))
    return pages


def packed(texts: Iterable[str]) -> list[list[str]]:
    """In order, as many to a page as fit; at least one page."""
    pages: list[list[str]] = [[]]
    size = 0
    for text in texts:
        more = len(text.encode())
        if pages[-1] and (size + more > ROOM or len(pages[-1]) >= MOST):
            pages.append([])
            size = 0
        pages[-1].append(text)
        size += more
    return pages


def _header(village: Village, what: str) -> str:
    above = f"<p>{escape(village.above)}</p>" if village.above else ""
    return f"<header>{above}<h1>{escape(village.name)} {what}</h1></header>"


def _article(item: Item, objection: str | None, table: Callable[[str], str]) -> str:
    says = "".join(f"<dt>{escape(name)}</dt><dd>{escape(shown(kind, value))}</dd>" for name, kind, value in item.says)
    since = shown("date", item.from_on)
    until = "起，至异议答复为止" if item.last_on is None else f"至{shown('date', item.last_on)}"
    code = f'<p class="quiet">存证校验码 {escape(item.code)}</p>' if item.code else ""
    press = f'<p><a class="press" href="{escape(objection)}">我有异议</a></p>' if objection else ""
    period = f"公示期：{since}{until}"
    tables = "".join(
        f'<li><a href="{escape(table(each.file))}" download="{escape(each.name)}">{escape(each.name)}</a>'
        f"（{size(each.bytes)}）</li>"
        for each in item.tables
    )
    tables = f"<p>附表（点开下载）：</p><ul>{tables}</ul>{IN_WECHAT}" if tables else ""
    return (
        f'<article id="{escape(item.id)}"><h2>{escape(item.title)}</h2><p class="quiet">{escape(item.matter)}</p>'
        f'<dl>{says}</dl>{tables}<p class="until">{period}</p>{code}{press}</article>'
    )


def size(bytes_: int) -> str:
    """As people say it: 12 kB, 1.3 MB."""
    return f"{max(1, round(bytes_ / 1e3))} kB" if bytes_ < 1e6 else f"{bytes_ / 1e6:.1f} MB"


def _foot(links: Links) -> str:
    home = f'<p><a href="{escape(links.home)}">全部村、社区</a></p>' if links.home else ""
    way = "可以署名在网上提出，也可以" if links.objection("") else "可以"
    return (
        f"<footer><p>对公示内容有异议的，{way}向村务监督委员会当面提出，由其代为转达；"
        "不愿公开姓名的，姓名不公开。异议未答复前，公示不结束。</p>"
        f'<p class="quiet">以村公示栏张贴的为准，本页供查看。公示期满，内容从本页撤下。</p>{home}</footer>'
    )


def form(village: Village, item: Item, action: str, back: str) -> bytes:
    body = (
        _header(village, "提出异议")
        + f"<main><p>针对：<strong>{escape(item.title)}</strong>（{escape(item.matter)}）</p>"
        f'<form method="post" action="{escape(action)}" accept-charset="utf-8">'
        f'<input type="hidden" name="notice" value="{escape(item.id)}">'
        '<label for="name">您的姓名</label><input id="name" name="name" required maxlength="40" autocomplete="name">'
        '<label for="text">异议内容和理由</label>'
        '<textarea id="text" name="text" rows="8" required maxlength="1000"></textarea>'
        "<p>姓名只给村里办理异议的人和村务监督委员会看。请不要写身份证号、银行卡号、电话号码，写了不能提交。</p>"
        "<p>不想写姓名的，请直接找村务监督委员会，由其代为提出。</p>"
        f'<button>提交异议</button></form><p><a href="{escape(back)}">返回公示</a></p></main>'
    )
    return whole("提出异议", body)


def said(title: str, words: str, back: str | None, meta: str = "") -> bytes:
    """An answer in a sentence."""
    link = f'<p><a class="press" href="{escape(back)}">返回公示</a></p>' if back else ""
    return whole(title, f"<header><h1>{escape(title)}</h1></header><main><p>{escape(words)}</p>{link}</main>", meta)


def index_pages(rows: Iterable[tuple[str, str, str, int]], links: Links) -> list[bytes]:
    """Of villages: town, name, address of its page, how many notices hang."""
    parts = _by_town(rows)
    pages = []
    for number, lines in enumerate(parts, 1):
        around = "".join(
            f'<a href="{escape(links.page(n))}">第 {n} 页</a>' for n in range(1, len(parts) + 1) if n != number
        )
        body = f"<header><h1>村务公示</h1></header><main>{''.join(lines)}</main>" + (
            f"<nav>{around}</nav>" if around else ""
        )
        pages.append(whole("村务公示", body, links.meta))
    return pages


def _by_town(rows: Iterable[tuple[str, str, str, int]]) -> list[list[str]]:
    def lines() -> Iterator[str]:
        last = None
        for town, name, address, count in rows:
            head = f"<h2>{escape(town)}</h2>" if town != last else ""
            last = town
            hangs = f"（{count} 项）" if count else ""
            yield f'{head}<p><a href="{escape(address)}">{escape(name)}</a>{hangs}</p>'

    pages: list[list[str]] = [[]]
    size = 0
    for line in lines():
        if pages[-1] and size + len(line.encode()) > ROOM:
            pages.append([])
            size = 0
        pages[-1].append(line)
        size += len(line.encode())
    return pages


def whole(title: str, body: str, more: str = "") -> bytes:
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1">{more}'
        '<meta name="robots" content="noindex,nofollow,noarchive"><meta name="referrer" content="no-referrer">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>{body}</body></html>\n"
    ).encode()
