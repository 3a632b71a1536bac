"""The local language model: it writes nothing and quotes the documents."""
