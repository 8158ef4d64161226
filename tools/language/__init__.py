"""The language model that marks operators' sentences: its marks, its corpus, its training."""
