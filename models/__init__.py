"""Machine learning: text to vector, vectors to labels, calibration, indexes and artefacts; knows nothing of tickets."""
