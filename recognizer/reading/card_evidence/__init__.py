"""Evidence that an image shows a card and not only its words: its picture, its paper and its typography."""
