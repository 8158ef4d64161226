"""A new xApp's first files, which run and are tested as they are."""
