"""Reading specifications that the user brings: official archives, Markdown, YAML, YANG, ASN.1."""
