"""Training: fits the classifiers, tunes and exports the encoder, evaluates and measures."""
