"""What is printed on a card: the fields, their common form, and the rules of dates and numbers."""
