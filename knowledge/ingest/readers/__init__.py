"""One reader a format; each turns bytes into a :class:`knowledge.ingest.readers.draft.Draft`."""
