"""Claude as a language model of the pipeline."""
