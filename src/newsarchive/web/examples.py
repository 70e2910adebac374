"""What people do with the API, in three languages: the page shows it, and tests run it."""

from dataclasses import dataclass

#: what stands for the address of the API, for the path of an entry, for a year
API, PATH, YEAR = "@api", "@path", "@year"


@dataclass(frozen=True, slots=True)
class Example:
    """One thing to do, three times."""

    name: str
    curl: str
    python: str
    javascript: str

    def blocks(self, api: str, path: str, year: str) -> tuple[tuple[str, str], ...]:
        """Each language with its text, for one archive."""
        written = (("curl", self.curl), ("Python", self.python), ("JavaScript", self.javascript))
        return tuple(
            (language, text.strip().replace(API, api).replace(PATH, path).replace(YEAR, year))
            for language, text in written
        )


EXAMPLES = (
    Example(
        "newest",
        curl="""
curl '@api/entries?limit=5&fields=date,title,url'
""",
        python="""
import json, urllib.request
address = "@api/entries?limit=100&fields=date,title"
while address:
    page = json.load(urllib.request.urlopen(address))
    for entry in page["entries"]:
        print(entry["date"], entry["title"])
    address = page.get("next")
""",
        javascript="""
let address = "@api/entries?limit=100&fields=date,title";
while (address) {
  const page = await (await fetch(address)).json();
  for (const entry of page.entries) console.log(entry.date, entry.title);
  address = page.next;
}
""",
    ),
    Example(
        "search",
        curl="""
curl '@api/search?q=archive&after=2020&limit=5'
""",
        python="""
import json, urllib.parse, urllib.request
asked = urllib.parse.urlencode({"q": "archive", "after": "2020", "limit": 5})
found = json.load(urllib.request.urlopen(f"@api/search?{asked}"))
print(found["total"])
for hit in found["hits"]:
    print(hit["title"], hit["url"], "".join(piece["text"] for piece in hit["snippet"]))
""",
        javascript="""
const asked = new URLSearchParams({ q: "archive", after: "2020", limit: 5 });
const found = await (await fetch(`@api/search?${asked}`)).json();
console.log(found.total);
for (const hit of found.hits) {
  const text = hit.snippet.map(({ text, match }) => (match ? `*${text}*` : text)).join("");
  console.log(hit.title, hit.url, text);
}
""",
    ),
    Example(
        "entry",
        curl="""
curl '@api/entries/@path'
""",
        python="""
import json, urllib.request
entry = json.load(urllib.request.urlopen("@api/entries/@path"))
print(entry["title"], entry["date_published"], entry["tags"])
print(entry["content_text"])
""",
        javascript="""
const entry = await (await fetch("@api/entries/@path")).json();
console.log(entry.title, entry.date_published, entry.tags);
console.log(entry.content_text);
""",
    ),
    Example(
        "mirror",
        curl="""
curl '@api/changes?limit=100'
""",
        python="""
import json, shelve, urllib.request
mirror, page = shelve.open("mirror"), {"changes": True}
while page["changes"]:
    page = json.load(urllib.request.urlopen("@api/changes?fields=all&since=" + mirror.get("", "")))
    page["reset"] and mirror.clear()
    mirror.update({each["id"]: each["entry"] for each in page["changes"]} | {"": page["next"]})
""",
        javascript="""
const mirror = new Map();
let since = "", page;
do {
  page = await (await fetch(`@api/changes?fields=all&since=${since}`)).json();
  if (page.reset) mirror.clear();
  for (const { id, deleted, entry } of page.changes) {
    if (deleted) mirror.delete(id);
    else mirror.set(id, entry);
  }
  since = page.next;
} while (page.changes.length);
console.log(mirror.size, since);
""",
    ),
    Example(
        "everything",
        curl="""
curl --compressed -o archive.ndjson '@api/export.ndjson'
curl '@api/calendar?year=@year'
""",
        python="""
import gzip, json, urllib.request
asked = urllib.request.Request("@api/export.ndjson", headers={"Accept-Encoding": "gzip"})
with gzip.open(urllib.request.urlopen(asked), "rt", encoding="utf-8") as lines:
    for line in lines:
        entry = json.loads(line)
        print(entry["date"], len(entry["content_markdown"]), entry["title"])
""",
        javascript="""
const { days } = await (await fetch("@api/calendar?year=@year")).json();
for (const [day, count] of Object.entries(days)) console.log(day, "█".repeat(count));
""",
    ),
)
