"""From a laid-out card to the fields of an answer, with a confidence for each."""
