"""What is printed on a card: the fields, their normalised form, and the rules for dates and numbers."""
