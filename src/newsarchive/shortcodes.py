"""The template tags of Jekyll, Eleventy and Hugo, so that their folders read well as they are.

Nothing is executed: a tag becomes the Markdown that says what it shows, or nothing, and so does
an HTML frame. Code is left as it is, but for ``raw`` tags, which those generators need there.
"""

import re
from bisect import bisect_left
from collections.abc import Callable
from html import escape, unescape

from newsarchive.patterns import repeated

#: a tag longer than this is text
_LONGEST = 4_000

# one character of each: most texts have none of them and are done with
_OPENERS = ("{{", "{%", "{:", "{.", "<iframe")
_IN_A_TAG = repeated(r"[^<>\"']|\"[^\"<]*\"|'[^'<]*'")
_NEXT = re.compile(
    r"^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(?P<fence>`{3,}(?=[^`\n]*$)|~{3,})"
    r"|(?P<ticks>`+)"
    r"|\\[`{]"
    rf"|(?P<frame><iframe\s{_IN_A_TAG}>(?:[^<]{{0,99}}</iframe\s*>)?)"
    r"|(?P<tag>\{\{|\{%|\{[:.])",
    re.M | re.I,
)
_FENCE = re.compile(r"^[ \t>]*(`{3,}|~{3,})[ \t]*$", re.M)
_TICKS = re.compile(r"`+")
_RAW = re.compile(r"\{%-?\s{0,9}(end)?raw\s{0,9}-?%\}")
_ATTRIBUTES = re.compile(
    r"\{::?/?[^{}\n]{0,500}\}"
    r"|\{\.[A-Za-z][\w-]*(?:[ \t]+[.#]?[\w-]+(?:=(?:\"[^\"\n]*\"|[\w-]+))?)*[ \t]*\}"
)
_QUOTED = re.compile(r"\"([^\"]*)\"|'([^']*)'")
_NAMED = re.compile(r"([\w-]+)\s{0,9}[:=]\s{0,9}(?:\"([^\"]*)\"|'([^']*)'|([^\s,\"']+))")
_INNER = re.compile(r"\{\{[^{}]*\}\}")
_PICTURE = re.compile(r"\.(?:jpe?g|png|gif|svg|webp|avif)\b", re.I)


#: finishes the parts of a text, some of which are links or pictures: their numbers and lines
Finish = Callable[[list[str], list[tuple[int, int]]], str]


def expand(body: str, finish: Finish | None = None) -> str:
    """The body with every template tag outside code read; its lines keep their numbers."""
    if not any(opener in body for opener in _OPENERS):
        return body
    expansion = _Expansion(body)
    text = expansion.text()
    return finish(expansion.out, expansion.made) if finish and expansion.made else text


def unknown(body: str) -> tuple[tuple[int, str], ...]:
    """The tags that ``expand`` drops for want of knowing them, with their lines; 1 is the first."""
    expansion = _Expansion(body)
    expansion.text()
    return tuple(expansion.unknown)


class _Expansion:
    """One walk through a body."""

    def __init__(self, body: str) -> None:
        self.body = body
        self.out: list[str] = []
        self.unknown: list[tuple[int, str]] = []
        #: where lines have been counted to, and the line there
        self.counted = (0, 1)
        #: what closes nothing any more: looked for once, to the end
        self.absent: set[str] = set()
        self.ticks: dict[int, list[int]] | None = None
        self.blank = -1
        #: the parts put out that are a link or a picture, with the lines of their tags
        self.made: list[tuple[int, int]] = []

    def text(self) -> str:
        position = 0
        while found := _NEXT.search(self.body, position):
            self.out.append(self.body[position : found.start()])
            if found["fence"]:
                position = self.fence(found)
            elif found["ticks"]:
                position = self.code_span(found)
            elif found["tag"]:
                position = self.tag(found["tag"], found.start())
            elif found["frame"]:
                position = found.end()
                self.put(_frame(found["frame"]), found.start(), position)
            else:
                self.out.append(found[0])
                position = found.end()
        self.out.append(self.body[position:])
        return "".join(self.out)

    def fence(self, opening: re.Match[str]) -> int:
        """Pass over fenced code; without an end it goes to the end of the body."""
        marks, end = opening["fence"], len(self.body)
        for closing in _FENCE.finditer(self.body, opening.end()):
            if closing[1].startswith(marks):
                end = closing.end()
                break
        self.out.append(_without_raw(self.body[opening.start() : end]))
        return end

    def code_span(self, opening: re.Match[str]) -> int:
        """Pass over a code span (CommonMark 6.1), or over backticks that open none."""
        if self.ticks is None:
            self.ticks = {}
            for run in _TICKS.finditer(self.body):
                self.ticks.setdefault(len(run[0]), []).append(run.start())
        same = self.ticks.get(len(opening["ticks"]), [])
        next_one = bisect_left(same, opening.end())
        if self.blank < opening.end():
            self.blank = self.body.find("\n\n", opening.end())
            self.blank = len(self.body) if self.blank < 0 else self.blank
        end = opening.end()
        if next_one < len(same) and same[next_one] < self.blank:
            end = same[next_one] + len(opening["ticks"])
        self.out.append(_without_raw(self.body[opening.start() : end]))
        return end

    def tag(self, opener: str, start: int) -> int:
        """Read the tag that begins here; what only looks like one stays."""
        if opener in ("{:", "{."):
            return self.attributes(start)
        hugo = self.body[start + 2 : start + 3] if opener == "{{" else ""
        closer = {"<": ">}}", "%": "%}}"}.get(hugo, "}}" if opener == "{{" else "%}")
        end = self.body.find(closer, start + 2, start + _LONGEST) + len(closer)
        if end < len(closer):
            self.out.append(opener)
            return start + 2
        if hugo in ("<", "%") and hugo:
            return self.shortcode(start, end)
        if opener == "{{":
            inner = self.body[start + 2 : end - 2].strip("-").strip()
            self.put(_variable(inner), start, end)
            return end
        return self.liquid(start, end)

    def attributes(self, start: int) -> int:
        """Drop a list of attributes; a heading keeps its own for ``grammar``."""
        found = _ATTRIBUTES.match(self.body, start)
        line = self.body.rfind("\n", max(0, start - 500), start) + 1
        if not found or self.body.startswith("#", line):
            self.out.append(self.body[start : start + 2])
            return start + 2
        return found.end()

    def liquid(self, start: int, end: int) -> int:
        name, rest = _split(self.body[start + 2 : end - 2].strip("-"))
        if name in ("raw", "comment", "highlight") and (
            closing := self.closing(rf"\{{%-?\s{{0,9}}end{name}\s{{0,9}}-?%\}}", end)
        ):
            content = self.body[end : closing.start()]
            text = {"raw": content, "comment": ""}.get(name, _fenced(rest, content))
            self.put(text, start, closing.end())
            return closing.end()
        reader = _LIQUID.get(name)
        self.put(reader(rest) if reader else None, start, end, name)
        return end

    def shortcode(self, start: int, end: int) -> int:
        inner = self.body[start + 3 : end - 3].strip()
        if inner.startswith("/*"):
            # Hugo's way to show a tag as it is
            shown = inner.removeprefix("/*").removesuffix("*/")
            self.out.append(self.body[start : start + 3] + shown + self.body[end - 3 : end])
            return end
        name, rest = _split(inner.removesuffix("/"))
        if name == "highlight" and (
            closing := self.closing(r"\{\{[<%]\s{0,9}/\s{0,9}highlight\s{0,9}[>%]\}\}", end)
        ):
            self.put(_fenced(rest, self.body[end : closing.start()]), start, closing.end())
            return closing.end()
        reader = _HUGO.get(name)
        self.put(reader(rest) if reader else None, start, end, name)
        return end

    def closing(self, pattern: str, position: int) -> re.Match[str] | None:
        found = None
        if pattern not in self.absent:
            found = re.compile(pattern).search(self.body, position)
        if not found:
            self.absent.add(pattern)
        return found

    def put(self, text: str | None, start: int, end: int, name: str = "") -> None:
        """Put ``text`` in place of a tag, with as many lines; None: the tag is not known."""
        if text is None and not name.startswith(("end", "/")):
            self.unknown.append((self.line(start), " ".join(self.body[start:end].split())))
        text = text or ""
        if text.startswith(("[", "![")):
            self.made.append((len(self.out), self.line(start)))
        lost = self.body.count("\n", start, end) - text.count("\n")
        self.out.append(text + "\n" * lost)

    def line(self, start: int) -> int:
        """The line of a tag; 1 is the first. Tags are asked for in their order."""
        position, line = self.counted
        line += self.body.count("\n", position, start)
        self.counted = (start, line)
        return line


def _without_raw(code: str) -> str:
    """Code without its pairs of raw tags: those generators read tags before they read code."""
    if "endraw" not in code:
        return code
    kept, end, opened = [], 0, None
    for tag in _RAW.finditer(code):
        if not tag[1]:
            opened = opened or tag
        elif opened:
            kept += [code[end : opened.start()], code[opened.end() : tag.start()]]
            end, opened = tag.end(), None
    return "".join([*kept, code[end:]])


def _split(inner: str) -> tuple[str, str]:
    name, _, rest = inner.strip().replace("\n", " ", 1).partition(" ")
    return name, rest.strip()


def _variable(inner: str) -> str | None:
    """What ``{{ … }}`` shows, as far as a text can say it by itself."""
    expression, *filters = (part.strip() for part in inner.split("|"))
    if expression in ("site.baseurl", "site.url"):
        return ""
    quoted = _QUOTED.match(expression)
    if not quoted or quoted.end() != len(expression):
        return None
    value = quoted[1] or quoted[2] or ""
    for each in filters:
        name, _, argument = each.partition(":")
        name, argument = name.strip(), argument.strip().strip("\"'")
        if name in ("url", "absolute_url", "prepend", "append"):
            continue
        if name == "relative_url":
            value = "/" + value.lstrip("/")
        elif name in ("team_photo", "team_link"):
            return value if name == "team_link" else ""
        elif name == "embed":
            return _video(value, argument)
        else:
            return None
    return value.replace(" ", "%20") if filters else value


def _fenced(language: str, content: str) -> str:
    """The code in a fence that it does not close, or, where no fence can stand, in HTML."""
    first = re.match(r"[\w+#.-]*", language)
    name = first[0] if first else ""
    start, end = content.find("\n"), content.rfind("\n")
    if start < 0 or content[:start].strip() or content[end:].strip():
        return f'<pre><code class="language-{name}">{escape(content)}</code></pre>'
    longest = max((len(run[0]) for run in _TICKS.finditer(content)), default=0)
    marks = "`" * max(3, longest + 1)
    return f"{marks}{name}{content[start : end + 1]}{marks}"


def _named(rest: str) -> dict[str, str]:
    return {
        name.lower(): _INNER.sub("", "".join(values)).strip()
        for name, *values in _NAMED.findall(rest)
    }


def _picture(src: str, alt: str, caption: str = "") -> str:
    """An image; ``grammar`` makes a figure of one that has a caption and stands alone."""
    if not src:
        return ""
    alt = re.sub(r"([\\\[\]`])", r"\\\1", " ".join(_plain(alt).split()))
    caption = re.sub(r'(["\\])', r"\\\1", " ".join(_plain(caption).split()))
    src = re.sub(r"[\s<>()]", lambda sign: f"%{ord(sign[0]):02X}", src)
    return f"![{alt}]({src}" + (f' "{caption}")' if caption else ")")


def _plain(text: str) -> str:
    return unescape(re.sub(r"<[^<>]*>", "", text))


def _image(rest: str, skipped: int = 0) -> str | None:
    """Eleventy's ``image "file" "alt"``; the file is in the site's own folder."""
    if not (found := _QUOTED.match(rest)):
        return _figure(rest)
    src = (found[1] or found[2] or "").strip()
    if not re.match(r"[a-z]+:|[./]", src):
        src = "/" + src
    rest = rest[found.end() :].strip()
    if rest.startswith(",") or found[2]:
        texts = [a or b for a, b in _QUOTED.findall(rest)]
        return _picture(src, texts[skipped] if len(texts) > skipped else "")
    if skipped and (found := _QUOTED.match(rest)):
        rest = rest[found.end() :].strip()
    # a text may hold the quotation marks that are around it
    return _picture(src, rest[1:-1] if rest[:1] == rest[-1:] == '"' else rest.strip('"'))


def _figure(rest: str) -> str | None:
    given = _named(rest)
    sources = ("src", "image", "url", "file", "image_path", "path", "img")
    src = next((given[key] for key in sources if given.get(key)), "")
    if not src:
        return None
    alt = next((given[key] for key in ("alt", "description", "title") if given.get(key)), "")
    caption = given.get("caption") or given.get("title", "")
    credit = given.get("attr", "")
    return _picture(src, alt or caption, ". ".join(text for text in (caption, credit) if text))


def _include(rest: str) -> str | None:
    name = rest.partition(" ")[0].strip("\"',")
    given = _named(rest)
    if re.search(r"youtube|vimeo|video", name) and (found := given.get("id") or given.get("url")):
        return _video(found, given.get("title", ""), "vimeo" if "vimeo" in name else "youtube")
    figure = _figure(rest)
    return figure if "alt" in given or _PICTURE.search(figure or "") else None


def _video(target: str, title: str = "", site: str = "youtube") -> str:
    """A link to the page where the film is, under its title."""
    target = target.strip()
    known = re.match(r"https?://(?:www\.)?youtube(?:-nocookie)?\.com/embed/([\w-]+)", target)
    if known or not re.match(r"https?://", target):
        page = "https://vimeo.com/" if site == "vimeo" else "https://www.youtube.com/watch?v="
        target = page + re.sub(r"[^\w-]", "", known[1] if known else target)
    target = re.sub(r"[\s<>()]", lambda sign: f"%{ord(sign[0]):02X}", target)
    title = re.sub(r"([\\\[\]`])", r"\\\1", " ".join(title.split()))
    return f"[{title or target}]({target})"


def _frame(tag: str) -> str:
    """A link to what an HTML frame shows, in HTML, as frames stand among it."""
    given = _named(tag)
    src = unescape(given.get("src") or given.get("data-src", "")).partition(">")[0].strip()
    src = re.sub(r"^//", "https://", src)
    host = re.match(r"https?://(?:www\.)?([^/?#\s]+)", src, re.I)
    if not host:
        return ""
    target = _video(src).partition("](")[2].removesuffix(")")
    title = unescape(given.get("title", "")) or host[1]
    return f'<a href="{escape(target)}">{escape(title)}</a>'


def _player(site: str) -> Callable[[str], str | None]:
    def read(rest: str) -> str | None:
        given = _named(rest)
        quoted = _QUOTED.match(rest)
        target = given.get("id") or (quoted[1] or quoted[2] if quoted else rest.partition(" ")[0])
        return _video(target, given.get("title", ""), site) if target else None

    return read


def _target(rest: str) -> str | None:
    """Where ``ref``, ``link`` and their kind lead: an address for ``sanitise`` to resolve."""
    given = _named(rest)
    quoted = _QUOTED.match(rest)
    target = given.get("path") or (quoted[1] or quoted[2] if quoted else rest.partition(" ")[0])
    return target.replace(" ", "%20") if target else None


def _jekyll_link(rest: str) -> str | None:
    target = _INNER.sub("", rest).strip("\"' ")
    in_posts = re.search(r"(?:^|/)_(?:posts|drafts)/(.+)", target)
    return in_posts[1] if in_posts else "/" + target.lstrip("/")


def _post(rest: str) -> str | None:
    return rest.strip("\"' /") + ".md"


_LIQUID: dict[str, Callable[[str], str | None]] = {
    "image": _image,
    "image_with_class": lambda rest: _image(rest, 1),
    "figure": _figure,
    "include": _include,
    "include_relative": _include,
    "link": _jekyll_link,
    "post_url": _post,
    "youtube": _player("youtube"),
    "vimeo": _player("vimeo"),
    "embed": _player("youtube"),
}
_HUGO: dict[str, Callable[[str], str | None]] = {
    "figure": _figure,
    "img": _figure,
    "image": _figure,
    "ref": _target,
    "relref": _target,
    "youtube": _player("youtube"),
    "vimeo": _player("vimeo"),
}
