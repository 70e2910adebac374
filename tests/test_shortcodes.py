"""Template tags of other generators: what they become, what stays, what is named."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsarchive.shortcodes import expand, unknown

WATCH = "https://www.youtube.com/watch?v="


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ('{{ "/2015/05/x/" | url }}', "/2015/05/x/"),
        ("{{ '/x' | relative_url }}", "/x"),
        ('{{ "x" | relative_url }}', "/x"),
        ('{{ "/x" | absolute_url }}', "/x"),
        ('{{ "/x" | prepend: site.baseurl }}', "/x"),
        ('{{"/a b.pdf"|url}}', "/a%20b.pdf"),
        ("{{ site.baseurl }}/x", "/x"),
        ("{{site.url}}/x", "/x"),
        ('{{- "/x" | url -}}', "/x"),
        ('[a]({{ "/x" | url }} "t")', '[a](/x "t")'),
        ('<img src="{{ "/a.png" | url }}">', '<img src="/a.png">'),
        ('{% image "assets/a.jpg" "Alt" %}', "![Alt](/assets/a.jpg)"),
        ('{%image "/assets/a.jpg" "Alt"%}', "![Alt](/assets/a.jpg)"),
        ('{% image "https://a.org/a.jpg" "Alt" %}', "![Alt](https://a.org/a.jpg)"),
        ('{% image "./cat.jpg", "My cat", "100vw" %}', "![My cat](./cat.jpg)"),
        ('{% image "a.jpg" "He said "no" twice" %}', '![He said "no" twice](/a.jpg)'),
        ('{% image "a.jpg" "An [odd] one" %}', r"![An \[odd\] one](/a.jpg)"),
        ('{% image "a (1).jpg" "" %}', "![](/a%20%281%29.jpg)"),
        ('{% image_with_class "a.jpg" "left big" "Alt" %}', "![Alt](/a.jpg)"),
        ('{% image_with_class "a.jpg", "left", "Alt" %}', "![Alt](/a.jpg)"),
        ("{% link _posts/2020-01-01-x.md %}", "2020-01-01-x.md"),
        ("{% link assets/a.pdf %}", "/assets/a.pdf"),
        ("[x]({% post_url 2020-01-01-x %})", "[x](2020-01-01-x.md)"),
        ('{{< figure src="/a.jpg" alt="Alt" caption="Said" >}}', '![Alt](/a.jpg "Said")'),
        ('{{< figure src="a.jpg" title="Said" />}}', '![Said](a.jpg "Said")'),
        ('[x]({{< ref "x.md" >}})', "[x](x.md)"),
        ('[x]({{< relref "../x.md#a" >}})', "[x](../x.md#a)"),
        ('[x]({{% ref path="x.md" %}})', "[x](x.md)"),
        ("{{< youtube abc-1 >}}", f"[{WATCH}abc-1]({WATCH}abc-1)"),
        ('{{< youtube id="abc" title="A [film]" >}}', rf"[A \[film\]]({WATCH}abc)"),
        ("{{< vimeo 12 >}}", "[https://vimeo.com/12](https://vimeo.com/12)"),
        ("{% youtube abc %}", f"[{WATCH}abc]({WATCH}abc)"),
        ('{% embed "https://a.org/v" %}', "[https://a.org/v](https://a.org/v)"),
        (
            '{{ "https://www.youtube-nocookie.com/embed/x_1" | embed: "A title" }}',
            f"[A title]({WATCH}x_1)",
        ),
        ('{{ "colin-craig" | team_link }}', "colin-craig"),
        ('{{ "colin-craig" | team_photo }}', ""),
        ('{% include figure.html src="/a.jpg" alt="Alt" %}', "![Alt](/a.jpg)"),
        ('{% include youtube.html id="abc" %}', f"[{WATCH}abc]({WATCH}abc)"),
        ('{% include x.html image="{{ site.baseurl }}/a.jpg" alt="b" %}', "![b](/a.jpg)"),
        ('{% include f.html url="/a.png" description="Said" %}', "![Said](/a.png)"),
        ("{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
        ("a {%- comment -%}x{% y %}{%- endcomment -%} b", "a  b"),
        ("{: .class #id }", ""),
        ("A caption {.font-alt-xs}", "A caption "),
        ("![a](b){.left .small}{: width=x}", "![a](b)"),
        ("{{ page.title }} {% if x %}a{% endif %} {{< note >}}b{{< /note >}}", " a b"),
        ("{{</* figure src=x */>}}", "{{< figure src=x >}}"),
        ("## Title {.key}", "## Title {.key}"),
        ("## Title {#name .key}", "## Title {#name .key}"),
        (
            "{% highlight go %}a<b{% endhighlight %}",
            '<pre><code class="language-go">a&lt;b</code></pre>',
        ),
    ],
)
def test_a_tag_becomes_what_it_shows(tag: str, text: str) -> None:
    assert expand(tag) == text


def test_an_include_over_several_lines_keeps_its_lines() -> None:
    body = (
        '{% include "linked-figure.html",\n  image: "/a.jpg",\n  alt: "An alt",\n  caption: "C" %}'
    )
    assert expand(body + "\nnext") == '![An alt](/a.jpg "C")\n\n\n\nnext'


def test_a_film_over_two_lines_keeps_its_lines() -> None:
    body = '{{ "https://www.youtube.com/embed/x" | embed: "Small\nbusiness" }}\nnext'
    assert expand(body) == f"[Small business]({WATCH}x)\n\nnext"


def test_links_and_pictures_are_named_to_who_finishes_the_text() -> None:
    def finish(parts: list[str], made: list[tuple[int, int]]) -> str:
        return "; ".join(f"{line}: {parts[part]}" for part, line in made)

    body = 'a\n{% image "a.jpg" "Alt" %} {{ site.url }}/x\n{{< youtube x >}}'
    assert expand(body, finish) == f"2: ![Alt](/a.jpg); 3: [{WATCH}x]({WATCH}x)"


def test_highlighted_code_becomes_a_fence_that_it_does_not_close() -> None:
    assert expand("{% highlight ruby linenos %}\na\n{% endhighlight %}") == "```ruby\na\n```"
    assert expand("{{< highlight go >}}\n```\n{{< /highlight >}}") == "````go\n```\n````"


def test_an_html_frame_becomes_a_link_to_what_it_shows() -> None:
    frame = '<iframe width="1" src="https://www.youtube.com/embed/x" title="A &lt;b"></iframe>'
    assert expand(frame) == f'<a href="{WATCH}x">A &lt;b</a>'
    assert expand('<iframe src="javascript:x">') == ""
    assert expand("<iframe srcdoc='x'></iframe>") == ""


@pytest.mark.parametrize(
    ("frame", "link"),
    [
        (
            'src="https://www.a.org/m?x=1&amp;y"',
            '<a href="https://www.a.org/m?x=1&amp;y">a.org</a>',
        ),
        ("src='//b.org/e' title='A map'", '<a href="https://b.org/e">A map</a>'),
        ("width=1 src=http://b.org", '<a href="http://b.org">b.org</a>'),
        ('title="a > b" data-src="https://b.org"', '<a href="https://b.org">a &gt; b</a>'),
        ("src='https://youtube.com/embed/x'", f'<a href="{WATCH}x">youtube.com</a>'),
        ('src="/on/this/site"', ""),
    ],
)
def test_any_html_frame_of_the_web_becomes_a_link(frame: str, link: str) -> None:
    assert expand(f"a <iframe {frame}>no frames here</iframe> b") == f"a {link} b"


@pytest.mark.parametrize(
    "code",
    [
        "`{{ x }}` and ``{% y %} ` {: z}``",
        "```liquid\n{{ x }}\n{% y %}\n```",
        "~~~\n{{ x }}\n```\n{{ y }}\n~~~",
        "- ```\n  {{ x }}\n  ```",
        "> ```\n> {{ x }}\n> ```",
        "```\n{{ never closed }}",
    ],
)
def test_code_stays_as_it_is_written(code: str) -> None:
    assert expand(code) == code
    assert unknown(code) == ()


def test_raw_tags_within_code_are_read_as_their_generators_do() -> None:
    assert expand("`{% raw %}{{{% endraw %} x }}`") == "`{{ x }}`"
    assert expand("```\nA={% raw %}{{{% endraw %} x }}\n```") == "```\nA={{ x }}\n```"
    fenced = "{% raw %}\n```\n{{ x }}\n```\n{% endraw %}"
    assert expand(fenced) == "\n```\n{{ x }}\n```\n"


def test_text_about_raw_tags_keeps_them() -> None:
    assert expand("the `{% raw %}` tag") == "the `{% raw %}` tag"


@pytest.mark.parametrize("text", ["{{ open", "{% open", "a {: b", "{.5}", "{ a }", "%}", "}}"])
def test_what_only_looks_like_a_tag_stays(text: str) -> None:
    assert expand(text) == text


def test_unknown_tags_are_named_with_their_lines() -> None:
    body = (
        "a\n{{ page.x }}\n\n{% if\n y %}b{% endif %}\n{{< tweet 1 >}}\n`{{ code }}`\n{{ 'x' | up }}"
    )
    assert unknown(body) == (
        (2, "{{ page.x }}"),
        (4, "{% if y %}"),
        (6, "{{< tweet 1 >}}"),
        (8, "{{ 'x' | up }}"),
    )


def test_known_tags_are_not_named() -> None:
    assert (
        unknown('{{ "a" | team_photo }}{{ site.url }}{: .x}{% comment %}{% x %}{% endcomment %}')
        == ()
    )


def test_a_text_without_tags_is_returned_itself() -> None:
    body = "plain *text* `code` {#id}"
    assert expand(body) is body


@pytest.mark.parametrize(
    "hostile",
    [
        "{{",
        "{% ",
        "{{ x }}",
        "{% raw %}",
        "{% comment %}",
        "{% highlight %}",
        "{{< highlight >}}",
        "{{< ",
        '{{< figure src="a" ',
        '{% image "a" "',
        "{: ",
        "{.a ",
        "`{% raw %}",
        "~~~\n````\n",
        "` `` ``` ",
        "<iframe ",
        "{% include a=",
        "{%" + " " * 500,
    ],
)
def test_hostile_text_takes_linear_time(hostile: str) -> None:
    body = (hostile * (100_000 // len(hostile) + 1))[:100_000]
    start = time.process_time()
    expand(body)
    unknown(body)
    assert time.process_time() - start < 3


PIECES = ["{{", "}}", "{%", "%}", "{{<", ">}}", "{:", "}", "`", "```\n", "raw", "endraw", "image"]
PIECES += [
    '"',
    "'",
    " ",
    "\n",
    "a",
    "|",
    "url",
    "comment",
    "endcomment",
    "highlight",
    "<iframe ",
    ">",
]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=40).map("".join))
def test_any_text_keeps_its_number_of_lines(body: str) -> None:
    assert expand(body).count("\n") == body.count("\n")
    assert all(1 <= line <= body.count("\n") + 1 for line, _ in unknown(body))
