"""Learning: fit the classifiers, export the encoder, evaluate and measure."""
