"""A folder of Markdown files becomes a news archive to read, search, subscribe to and script."""
