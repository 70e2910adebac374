-- The catalogue: what the Markdown says, in the order in which it is asked for.
-- A cache: deleting it loses nothing but when entries were first seen, and the numbers of changes.

CREATE TABLE meta (
  name TEXT PRIMARY KEY,            -- 'generation', 'settings', 'made'
  value TEXT NOT NULL
) WITHOUT ROWID;

-- every .md file, readable or not
CREATE TABLE file (
  path TEXT PRIMARY KEY,            -- relative to the articles folder
  folder TEXT NOT NULL,             -- of the path
  size INTEGER NOT NULL,            -- bytes
  mtime INTEGER NOT NULL,           -- nanoseconds
  inode INTEGER NOT NULL,
  digest BLOB NOT NULL,             -- BLAKE2b-128 of the bytes
  story TEXT NOT NULL,              -- role: the story whose update this file is, or ''
  has_updates INTEGER NOT NULL,     -- role: of an index, dated files stand beside it
  leads INTEGER NOT NULL,           -- of an index: its folder is one article
  again INTEGER NOT NULL            -- parse at the next load even if unchanged (it lost an id or address)
) WITHOUT ROWID;
CREATE INDEX file_folder ON file (folder, leads);
CREATE INDEX file_again ON file (folder) WHERE again = 1;

CREATE TABLE problem (
  file TEXT NOT NULL,
  line INTEGER NOT NULL,
  message TEXT NOT NULL,
  remedy TEXT NOT NULL,
  severity TEXT NOT NULL
);
CREATE INDEX problem_file ON problem (file, line);

-- metadata keys this program has no meaning for
CREATE TABLE unknown_key (
  name TEXT NOT NULL,
  file TEXT NOT NULL,
  line INTEGER NOT NULL
);
CREATE INDEX unknown_key_file ON unknown_key (file);

-- files beside the articles that may be served
CREATE TABLE asset (
  name TEXT PRIMARY KEY,            -- the path in the spelling of addresses (NFC)
  path TEXT NOT NULL,               -- relative to the articles folder, as on disk
  folder TEXT NOT NULL,             -- of the path
  size INTEGER NOT NULL,
  mtime INTEGER NOT NULL            -- nanoseconds
) WITHOUT ROWID;
CREATE INDEX asset_folder ON asset (folder);

CREATE TABLE entry (
  number INTEGER PRIMARY KEY,       -- in the order in which they came; those of one load, oldest first
  id TEXT NOT NULL,
  path TEXT NOT NULL,
  folded TEXT NOT NULL,             -- the path, case and accents folded, for addresses nearly right
  file TEXT NOT NULL,
  story TEXT NOT NULL,              -- of an update
  status TEXT NOT NULL,
  at INTEGER NOT NULL,              -- microseconds from 1970 UTC: its place in time, and its embargo
  digest TEXT NOT NULL,             -- of this version, hexadecimal
  metadata BLOB NOT NULL,           -- the Entry without its body, with what it inherits; a JSON array
  own BLOB,                         -- the same as its file says it, where that differs
  listed BLOB,                      -- its JSON in a list (``listed.stored``), where no day changes it
  body TEXT NOT NULL                -- Markdown
);
CREATE UNIQUE INDEX entry_id ON entry (id);
CREATE UNIQUE INDEX entry_path ON entry (path);
CREATE INDEX entry_folded ON entry (folded);
CREATE INDEX entry_file ON entry (file);

-- the lists: a term is '' (everything), 'kind:article', 'tag:ia', 'author:x', 'lang:fr',
-- 'story:<path>'. Newest first, ties by id; drafts are in none.
CREATE TABLE membership (
  term TEXT NOT NULL,
  at INTEGER NOT NULL,
  id TEXT NOT NULL,
  number INTEGER NOT NULL,          -- entry.number
  grain INTEGER NOT NULL,           -- what is known of the date: 0 year, 1 month, 2 day or more
  arrived INTEGER NOT NULL,         -- when it came online, or will: the later of at and seen.at
  PRIMARY KEY (term, at DESC, id)
) WITHOUT ROWID;
CREATE INDEX membership_arrived ON membership (term, arrived DESC, at DESC, id, number);
-- feeds walk through a list in the order in which its entries came
CREATE INDEX membership_number ON membership (term, number);

-- how many entries a term has in a year and a month, and all have in a day, of the site's time zone
CREATE TABLE tally (
  term TEXT NOT NULL,
  grain INTEGER NOT NULL,           -- 0 year, 1 month, 2 day
  period TEXT NOT NULL,             -- '2023', '2023-11', '2023-11-17'
  entries INTEGER NOT NULL,
  PRIMARY KEY (term, grain, period)
) WITHOUT ROWID;

-- all tags or authors with their totals, without reading their days
CREATE INDEX tally_year ON tally (term, entries) WHERE grain = 0;

-- the spellings of tags and authors
CREATE TABLE spelling (
  term TEXT NOT NULL,               -- 'tag:ia'
  name TEXT NOT NULL,               -- 'IA'
  entries INTEGER NOT NULL,
  PRIMARY KEY (term, name)
) WITHOUT ROWID;

-- for what is being typed: tags and authors by each word of their slugs
CREATE TABLE name_word (
  kind TEXT NOT NULL,               -- 'author'
  word TEXT NOT NULL,               -- 'ferrandon'
  slug TEXT NOT NULL,               -- 'odile-ferrandon'
  PRIMARY KEY (kind, word, slug)
) WITHOUT ROWID;

-- likewise titles, by the beginnings of their words; drafts and updates without a title are not in
CREATE VIRTUAL TABLE title USING fts5 (
  words,                            -- folded, with spaces between them; the rowid is entry.number
  detail = none, columnsize = 0, prefix = '1 2 3', tokenize = 'unicode61 remove_diacritics 0'
);

-- stories, by their last update
CREATE TABLE story (
  path TEXT PRIMARY KEY,
  coverage TEXT NOT NULL,
  last INTEGER NOT NULL             -- entry.at of its newest update
) WITHOUT ROWID;
CREATE INDEX story_running ON story (coverage, last);

CREATE TABLE alias (
  address TEXT NOT NULL,            -- as written, without slashes at its ends
  own INTEGER NOT NULL,             -- 1: its author wrote it; 0: where another generator had it,
                                    -- but for its path, which is in entry
  number INTEGER NOT NULL,
  PRIMARY KEY (address, own DESC, number)
) WITHOUT ROWID;
CREATE INDEX alias_number ON alias (number);

CREATE TABLE correction (
  number INTEGER PRIMARY KEY,       -- in the order in which they came
  id TEXT NOT NULL UNIQUE,
  at INTEGER NOT NULL,              -- microseconds from 1970 UTC; never before its entry's
  arrived INTEGER NOT NULL,         -- when it came online, or will
  entry INTEGER NOT NULL,           -- entry.number
  position INTEGER NOT NULL         -- in the entry's list
);
CREATE INDEX correction_at ON correction (at DESC, id, arrived);
CREATE INDEX correction_arrived ON correction (arrived DESC, at DESC, id);
CREATE INDEX correction_entry ON correction (entry);

-- what changed, oldest first; each id once, in its latest state
CREATE TABLE change (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  path TEXT NOT NULL,               -- of an entry that is shown no more: where it last was
  deleted INTEGER NOT NULL,
  digest TEXT NOT NULL,
  shown INTEGER NOT NULL            -- whether it was ever online before this: else nobody may hear of it
);

-- when an entry or a correction was first met; outlives it, so that a file moved is not news again
CREATE TABLE seen (
  id TEXT PRIMARY KEY,
  at INTEGER NOT NULL               -- microseconds from 1970 UTC; its own date in a first load
) WITHOUT ROWID;
